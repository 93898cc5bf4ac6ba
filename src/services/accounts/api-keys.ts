import type { Log } from '../../log.js';
import { type Identity, type Scope, scopesOf } from '../../principal.js';
import type { ApiTokenRecord, NewApiToken } from '../../repository/accounts/api-tokens.js';
import type { Store } from '../../repository/store.js';
import type { ApiTokenDirectory, KnownApiToken } from '../../repository/system/api-token-directory.js';
import { hashSecret, isSecretOf, newSecret, SECRET_PREFIX } from '../../secret.js';
import { Recent } from '../recent.js';
import type { AccessChanges } from './access-changes.js';
import { type BearerVerifier, unauthenticated } from './authenticator.js';

/** How long a key that another process revoked may still be taken here when no word of it came. */
export const REVOCATION_LAG_MS = 2_500;
const MOST_REMEMBERED = 1_000;
/** A key's last use is noted no more often than this. */
const NOTE_EVERY_MS = 60_000;

const prefixOf = (key: string): string => key.slice(0, SECRET_PREFIX.apiToken.length + 8);

type Remembered = { identity: Identity; notedAt: number };

/**
 * Bearer keys: made, revoked, and known again. A key that was found good is remembered for a few seconds, by its hash, so
 * that a busy client costs no statement a request; when somebody loses access all of them are forgotten.
 */
export class ApiKeys implements BearerVerifier {
  readonly kind = 'apiToken';
  readonly #directory: () => Promise<Pick<ApiTokenDirectory, 'find' | 'noteUse'>>;
  readonly #clock: () => Date;
  readonly #access: AccessChanges;
  readonly #log: Log;
  readonly #remembered = new Recent<Remembered>(MOST_REMEMBERED);
  readonly #noting = new Set<Promise<void>>();
  /** Goes up with each revocation: a look-up that began before one is not remembered after it. */
  #generation = 0;

  constructor(directory: () => Promise<Pick<ApiTokenDirectory, 'find' | 'noteUse'>>, clock: () => Date, access: AccessChanges, log: Log) {
    this.#directory = directory;
    this.#clock = clock;
    this.#access = access;
    this.#log = log;
    access.onChange(() => this.#forget());
  }

  /** The key itself is in this answer and nowhere else. */
  async create(
    store: Store,
    token: Omit<NewApiToken, 'prefix' | 'tokenHash'>,
  ): Promise<{ key: string; token: ApiTokenRecord; newUser: boolean }> {
    const key = newSecret('apiToken');
    return { key, ...(await store.apiTokens.create({ ...token, prefix: prefixOf(key), tokenHash: hashSecret(key) })) };
  }

  /** By id, prefix or name; a whole key, such as one that was found where it does not belong, is taken by its prefix. */
  async revoke(store: Store, named: string): Promise<ApiTokenRecord> {
    return this.#access.after(() => store.apiTokens.revoke(isSecretOf(this.kind, named) ? prefixOf(named) : named));
  }

  /** Looks every key up again. */
  #forget(): void {
    this.#generation += 1;
    this.#remembered.clear();
  }

  async verify(key: string): Promise<Identity> {
    const hash = hashSecret(key);
    const now = this.#clock().getTime();
    const known = this.#remembered.get(hash, now);
    if (known) {
      this.#noteUse(known, now);
      return known.identity;
    }
    const generation = this.#generation;
    const row = await (await this.#directory()).find(prefixOf(key), hash);
    const identity = identityOf(row, now);
    const fresh: Remembered = { identity, notedAt: row?.lastUsedAt?.getTime() ?? 0 };
    this.#noteUse(fresh, now);
    const until = Math.min(now + REVOCATION_LAG_MS, identity.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
    if (generation === this.#generation) this.#remembered.set(hash, fresh, until);
    return identity;
  }

  /** Waits for what is being noted. */
  async close(): Promise<void> {
    await Promise.all(this.#noting);
  }

  /** Beside the call and not before it: nobody waits for this. */
  #noteUse(entry: Remembered, now: number): void {
    if (now - entry.notedAt < NOTE_EVERY_MS) return;
    entry.notedAt = now;
    const { principal, credentialId } = entry.identity;
    const noting = this.#directory()
      .then((directory) => directory.noteUse(principal.tenantId, credentialId, new Date(now)))
      .catch((error: unknown) => this.#log.debug({ err: error }, 'could not note the use of a key'))
      .finally(() => this.#noting.delete(noting));
    this.#noting.add(noting);
  }
}

function identityOf(row: KnownApiToken | undefined, now: number): Identity {
  if (!row) throw unauthenticated('This key is not known.');
  // Whoever has the whole key may know what became of it.
  if (row.revokedAt) throw unauthenticated('This key was revoked.');
  if (row.expiresAt && row.expiresAt.getTime() <= now) throw unauthenticated(`This key expired at ${row.expiresAt.toISOString()}.`);
  if (row.disabled) throw unauthenticated('The account that this key is for is disabled.', 'Ask an administrator to enable it.');
  const ofRole = scopesOf(row.role);
  return {
    principal: {
      tenantId: row.tenantId,
      user: row.user,
      role: row.role,
      scopes: new Set(row.scopes.filter((scope): scope is Scope => ofRole.has(scope as Scope))),
    },
    credentialId: row.id,
    kind: 'api_token',
    clientId: null,
    expiresAt: row.expiresAt,
  };
}
