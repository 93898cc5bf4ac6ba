import { AppError } from '../../errors.js';
import type { Log } from '../../log.js';
import { type AccountRecord, identifierFrom } from '../../repository/accounts/account-records.js';
import type { Attempt, LockoutRule, RefusalReason } from '../../repository/accounts/login-attempts.js';
import type { JsonObject } from '../../repository/records.js';
import type { Store } from '../../repository/store.js';
import type { Passwords } from './passwords.js';

export type SignInRequest = Readonly<{
  tenantId: string;
  /** User name or e-mail address, as it was typed. */
  identifier: string;
  password: string;
  /** What is known of where it came from, for the record: address, program. No secrets. */
  client: JsonObject;
}>;

const LONGEST_TENANT = 63;

/** A refusal says the same of a name that nobody has; only somebody who knows the password hears that the account is disabled. */
export type SignInResult =
  | { ok: true; account: AccountRecord }
  | { ok: false; reason: 'wrong' | 'locked' | 'disabled'; message: string; retryAt: Date | null };

type Options = Readonly<{
  /** The store of a tenant, with the rights of the system; null where there is no such tenant. */
  storeOf(tenantId: string): Promise<Store | null>;
  /** A tenant that is there: it keeps count of attempts to sign in to one that is not, so that this is no way to tell. */
  home: string;
  passwords: Passwords;
  lockout: LockoutRule;
  clock: () => Date;
  log: Log;
}>;

/**
 * Signing in with a password. Every attempt is counted before its password is looked at and recorded afterwards, under the name
 * that was typed and in the database, so that neither a restart nor many callers at once get anybody more attempts.
 */
export class SignIn {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Throws `unavailable`, and counts nothing, when too many people sign in at this moment. */
  attempt(request: SignInRequest): Promise<SignInResult> {
    return this.#options.passwords.admit(() => this.#attempt(request));
  }

  async #attempt({ tenantId, identifier: typed, password, client }: SignInRequest): Promise<SignInResult> {
    const { storeOf, home, passwords, lockout, clock } = this.#options;
    const own = await storeOf(tenantId);
    const store = own ?? (await storeOf(home));
    if (!store) throw new Error(`There is no tenant ${home}.`);
    // No name or address of an account has a slash in it.
    const identifier = identifierFrom(own ? typed : `${tenantId.slice(0, LONGEST_TENANT)}/${typed}`);
    const at = clock();
    const claim = await store.loginAttempts.claim(identifier, at, lockout);
    const account = await store.accounts.lookUp(identifier);
    const attempt: Attempt = { identifier, credentialId: account?.id ?? null, client, at };
    const refused = async (reason: RefusalReason): Promise<void> => {
      await store.loginAttempts.noteFailure(attempt, reason, claim.lockedUntil);
    };

    if (!claim.claimed) {
      await refused('locked');
      return { ok: false, reason: 'locked', message: lockedMessage(claim.lockedUntil, at), retryAt: claim.lockedUntil };
    }
    const wrong = async (reason: RefusalReason): Promise<SignInResult> => {
      await refused(reason);
      return { ok: false, reason: 'wrong', message: wrongMessage(claim.lockedUntil, at), retryAt: claim.lockedUntil };
    };
    const right = await passwords.matches(password, account?.passwordHash ?? null);
    if (!account) return wrong('unknown_name');
    if (!right) return wrong('wrong_password');
    const { passwordHash, ...known } = account;
    if (known.disabledAt !== null) {
      await refused('disabled');
      return { ok: false, reason: 'disabled', message: 'This account is disabled.', retryAt: claim.lockedUntil };
    }
    if (!(await store.loginAttempts.noteSuccess(attempt, passwordHash))) return wrong('wrong_password');
    await this.#renew(store, known.id, password, passwordHash);
    return { ok: true, account: { ...known, failedAttempts: 0, lockedUntil: null, lastLoginAt: at } };
  }

  /** The password is at hand only now: its hash is made again when the cost was changed. Where there is no time for it, the next sign-in does. */
  async #renew(store: Store, id: string, password: string, passwordHash: string): Promise<void> {
    const { passwords, log } = this.#options;
    try {
      if (!(await passwords.isOutdated(passwordHash))) return;
      await store.accounts.setPasswordHash(id, await passwords.hash(password), { instead: passwordHash });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
      log.debug({ err: error }, 'a password was not hashed again');
    }
  }
}

const wrongMessage = (lockedUntil: Date | null, at: Date): string =>
  `The name or the password is wrong.${lockedUntil ? ` Try again in ${during(lockedUntil, at)}.` : ''}`;
const lockedMessage = (lockedUntil: Date | null, at: Date): string =>
  `There were too many wrong attempts under this name. Try again in ${during(lockedUntil ?? at, at)}.`;

function during(until: Date, at: Date): string {
  const seconds = Math.max(1, Math.ceil((until.getTime() - at.getTime()) / 1000));
  const minutes = Math.ceil(seconds / 60);
  return seconds < 120 ? `${seconds} second${seconds === 1 ? '' : 's'}` : `${minutes} minutes`;
}
