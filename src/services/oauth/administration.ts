import { notFound } from '../../errors.js';
import { isUuid } from '../../ids.js';
import type { OauthSignInFilter, OauthSignInRecord } from '../../repository/accounts/oauth-sign-ins.js';
import type { Store } from '../../repository/store.js';
import type { OauthClientRegister, RegisteredClient } from '../../repository/system/oauth-client-register.js';
import type { AccessChanges } from '../accounts/access-changes.js';

/** Looks after the programs that people sign in with. Whoever loses access here loses it in this process at once. */
export class OAuthAdministration {
  readonly register: () => Promise<OauthClientRegister>;
  readonly #access: AccessChanges;

  constructor(register: () => Promise<OauthClientRegister>, access: AccessChanges) {
    this.register = register;
    this.#access = access;
  }

  /** Answers how it was before, with the sign-ins that ended. */
  async disable(named: string): Promise<RegisteredClient> {
    const register = await this.register();
    const client = await register.get(named);
    await this.#access.after(() => register.disable(client.id));
    return client;
  }

  async enable(named: string): Promise<RegisteredClient> {
    const register = await this.register();
    const { id } = await register.get(named);
    await register.enable(id);
    return register.get(id);
  }

  async remove(id: string): Promise<Record<string, number>> {
    const register = await this.register();
    return this.#access.after(() => register.remove(id));
  }

  /** What a sign-in's id says, or an account's name, address or id, and a client's. */
  async signIns(
    store: Store,
    { account, client }: { account?: string | undefined; client?: string | undefined },
  ): Promise<OauthSignInRecord[]> {
    return store.oauthSignIns.all(await this.#filter(store, account, client));
  }

  /** Ends the sign-in with that id, or those of the account, in any client or in one. */
  async signOut(store: Store, named: string, client?: string): Promise<OauthSignInRecord[]> {
    const [one] = isUuid(named) ? await store.oauthSignIns.all({ id: named }) : [];
    const filter = one ? { id: one.id } : await this.#filter(store, named, client);
    const ended = await this.#access.after(() => store.oauthSignIns.end(filter));
    if (ended.length === 0) throw notFound('sign-in', `of ${JSON.stringify(named)}`, 'recollect user sign-ins shows those in force.');
    return ended;
  }

  async #filter(store: Store, account: string | undefined, client: string | undefined): Promise<OauthSignInFilter> {
    return {
      credentialId: account === undefined ? undefined : (await store.accounts.get(account)).id,
      clientRowId: client === undefined ? undefined : (await (await this.register()).get(client)).id,
    };
  }
}
