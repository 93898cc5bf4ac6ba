import type { AccountRecord } from '../../repository/accounts/account-records.js';
import type { Store } from '../../repository/store.js';
import { hashSecret } from '../../secret.js';
import type { Accounts } from './accounts.js';
import { unauthenticated } from './authenticator.js';

type Tenants = Readonly<{
  /** The store of a tenant, with the rights of the system; null where there is no such tenant. */
  storeOf(tenantId: string): Promise<Store | null>;
}>;

/** Choosing a new password with a token of `recollect user reset`, for somebody who has nothing else to show. */
export class PasswordResets {
  readonly #accounts: Accounts;
  readonly #tenants: Tenants;

  constructor(accounts: Accounts, tenants: Tenants) {
    this.#accounts = accounts;
    this.#tenants = tenants;
  }

  /** Whose password the token is for; it stays good. Throws `unauthenticated` for one that is not. */
  async account(tenantId: string, token: string): Promise<AccountRecord> {
    const store = await this.#store(tenantId);
    return store.accounts.get(await store.passwordResets.find(hashSecret(token)));
  }

  /** Uses the token up. A password that breaks a rule is `invalid_input`, and leaves it good. */
  async redeem(tenantId: string, token: string, password: string): Promise<AccountRecord> {
    return this.#accounts.finishReset(await this.#store(tenantId), token, password);
  }

  async #store(tenantId: string): Promise<Store> {
    const store = await this.#tenants.storeOf(tenantId);
    // The same as for a token that nobody has.
    if (!store) throw unauthenticated('This reset token is unknown, was used, or has expired.', 'Ask an administrator for a new one.');
    return store;
  }
}
