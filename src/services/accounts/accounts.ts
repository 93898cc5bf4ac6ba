import type { AccountRecord, AccountRole } from '../../repository/accounts/account-records.js';
import type { Store } from '../../repository/store.js';
import { hashSecret, newSecret } from '../../secret.js';
import type { AccessChanges } from './access-changes.js';
import { assertPassword, type PasswordRules } from './password-policy.js';
import type { Passwords } from './passwords.js';

export type AccountWish = {
  username: string;
  password: string;
  email?: string | undefined;
  role?: AccountRole | undefined;
  /** External id of the person whose account it is. Without it, the user name. */
  user?: string | undefined;
  displayName?: string | undefined;
};

type Options = Readonly<{
  passwords: Passwords;
  rules: PasswordRules;
  resetMinutes: number;
  access: AccessChanges;
  clock: () => Date;
}>;

/** Local accounts of the tenant whose store is given. Whoever loses a right here loses it in this process at once. */
export class Accounts {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async create(store: Store, { password, ...wish }: AccountWish): Promise<AccountRecord> {
    const { passwords, rules } = this.#options;
    await assertPassword(password, wish, rules);
    return store.accounts.create({ ...wish, passwordHash: await passwords.hash(password) });
  }

  /** Ends what signing in with the old password led to, and any token to choose another; lifts a lock. */
  async setPassword(store: Store, named: string, password: string): Promise<AccountRecord> {
    const account = await store.accounts.get(named);
    const { passwords, rules, clock } = this.#options;
    await assertPassword(password, account, rules);
    const passwordHash = await passwords.hash(password);
    return this.#options.access.after(() =>
      store.transaction(async (store) => {
        await store.passwordResets.end(account.id);
        return this.#change(store, account.id, passwordHash, clock());
      }),
    );
  }

  /** A token with which whoever has it may choose a new password, once. It is in this answer and nowhere else. */
  async startReset(store: Store, named: string): Promise<{ token: string; expiresAt: Date; account: AccountRecord }> {
    const account = await store.accounts.get(named);
    const { clock, resetMinutes } = this.#options;
    const token = newSecret('reset');
    const expiresAt = new Date(clock().getTime() + resetMinutes * 60_000);
    await store.passwordResets.issue(account.id, hashSecret(token), expiresAt);
    return { token, expiresAt, account };
  }

  /** Sets the password, ends what signing in with the old one led to, and lifts a lock. A password that will not do leaves the token good. */
  async finishReset(store: Store, token: string, password: string): Promise<AccountRecord> {
    const { passwords, rules, clock } = this.#options;
    const hash = hashSecret(token);
    const account = await store.accounts.get(await store.passwordResets.find(hash));
    await assertPassword(password, account, rules);
    const passwordHash = await passwords.hash(password);
    return this.#options.access.after(() =>
      store.transaction(async (store) => this.#change(store, await store.passwordResets.redeem(hash), passwordHash, clock())),
    );
  }

  setDisabled(store: Store, named: string, disabled: boolean): Promise<AccountRecord> {
    return this.#options.access.after(() => store.accounts.setDisabled(named, disabled));
  }

  remove(store: Store, named: string): Promise<AccountRecord> {
    return this.#options.access.after(() => store.accounts.remove(named));
  }

  async #change(store: Store, id: string, passwordHash: string, changedAt: Date): Promise<AccountRecord> {
    await store.accounts.setPasswordHash(id, passwordHash, { changedAt });
    await store.accounts.unlock(id);
    return store.accounts.revokeGrants(id);
  }
}
