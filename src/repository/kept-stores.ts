import type { Principal } from '../principal.js';
import type { Store } from './store.js';

/**
 * Stores to be used again, one for each principal, and no more than `most`: what was not asked for the longest goes first. Whoever
 * has a store that went goes on using it.
 */
export class KeptStores {
  readonly #open: (principal: Principal) => Promise<Store>;
  readonly #most: number;
  readonly #stores = new Map<string, Promise<Store>>();

  constructor(open: (principal: Principal) => Promise<Store>, most: number) {
    this.#open = open;
    this.#most = most;
  }

  /** One that could not be opened is not kept, nor one whose user was erased: the next call opens another. */
  of(principal: Principal): Promise<Store> {
    const key = keyOf(principal);
    const known = this.#stores.get(key);
    const store = known ?? this.#open(principal);
    // A map keeps the order of insertion: the first was not asked for the longest.
    this.#stores.delete(key);
    this.#stores.set(key, store);
    if (this.#stores.size > this.#most) this.#stores.delete(this.#stores.keys().next().value!);
    const drop = (): void => {
      if (this.#stores.get(key) === store) this.#stores.delete(key);
    };
    if (!known) {
      store.catch(drop);
      return store;
    }
    return store.then((opened) => {
      if (!opened.retired) return opened;
      drop();
      return this.of(principal);
    });
  }
}

/** Of principals that were asked for: one comes with many calls. */
const keys = new WeakMap<Principal, string>();

function keyOf(principal: Principal): string {
  const known = keys.get(principal);
  if (known !== undefined) return known;
  const { tenantId, user, role, scopes } = principal;
  const key = JSON.stringify([tenantId, user, role, [...scopes].sort()]);
  keys.set(principal, key);
  return key;
}
