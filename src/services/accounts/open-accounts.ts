import type { Log } from '../../log.js';
import type { Store } from '../../repository/store.js';
import type { ApiTokenDirectory } from '../../repository/system/api-token-directory.js';
import { Accounts } from './accounts.js';
import { ApiKeys } from './api-keys.js';
import type { PasswordRules } from './password-policy.js';
import { Passwords } from './passwords.js';
import { SignIn } from './sign-in.js';

export type AccountSettings = PasswordRules &
  Readonly<{
    bcryptCost: number;
    passwordResetMinutes: number;
    lockoutAttempts: number;
    lockoutSeconds: number;
    lockoutMaxSeconds: number;
  }>;

type Surroundings = Readonly<{
  keyDirectory(): Promise<ApiTokenDirectory>;
  /** The store of a tenant, with the rights of the system; null where there is no such tenant. */
  storeOf(tenantId: string): Promise<Store | null>;
  clock: () => Date;
  log: Log;
}>;

export type AccountServices = Readonly<{ apiKeys: ApiKeys; accounts: Accounts; signIn: SignIn }>;

/** Everything that knows who somebody is. Nothing is loaded or opened before it is used. */
export function openAccounts(settings: AccountSettings, { keyDirectory, storeOf, clock, log }: Surroundings): AccountServices {
  const passwords = new Passwords(settings.bcryptCost);
  const apiKeys = new ApiKeys(keyDirectory, clock, log);
  const { lockoutAttempts: attempts, lockoutSeconds: firstSeconds, lockoutMaxSeconds: maxSeconds } = settings;
  return {
    apiKeys,
    accounts: new Accounts({ passwords, rules: settings, resetMinutes: settings.passwordResetMinutes, keys: apiKeys, clock }),
    signIn: new SignIn({ storeOf, passwords, lockout: { attempts, firstSeconds, maxSeconds }, clock, log }),
  };
}
