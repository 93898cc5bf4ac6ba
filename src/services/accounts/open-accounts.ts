import type { Log } from '../../log.js';
import type { Store } from '../../repository/store.js';
import type { ApiTokenDirectory } from '../../repository/system/api-token-directory.js';
import type { AccessChanges } from './access-changes.js';
import { Accounts } from './accounts.js';
import { ApiKeys } from './api-keys.js';
import type { PasswordRules } from './password-policy.js';
import { PasswordResets } from './password-resets.js';
import { Passwords } from './passwords.js';
import { SignIn } from './sign-in.js';

export type AccountSettings = PasswordRules &
  Readonly<{
    /** The configured tenant, which is made where it is missing. */
    tenant: string;
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
  access: AccessChanges;
  clock: () => Date;
  log: Log;
}>;

export type AccountServices = Readonly<{ apiKeys: ApiKeys; accounts: Accounts; passwordResets: PasswordResets; signIn: SignIn }>;

/** Everything that knows who somebody is. Nothing is loaded or opened before it is used. */
export function openAccounts(settings: AccountSettings, { keyDirectory, storeOf, access, clock, log }: Surroundings): AccountServices {
  const passwords = new Passwords(settings.bcryptCost);
  const apiKeys = new ApiKeys(keyDirectory, clock, access, log);
  const { lockoutAttempts: attempts, lockoutSeconds: firstSeconds, lockoutMaxSeconds: maxSeconds } = settings;
  const accounts = new Accounts({ passwords, rules: settings, resetMinutes: settings.passwordResetMinutes, access, clock });
  return {
    apiKeys,
    accounts,
    passwordResets: new PasswordResets(accounts, { storeOf }),
    signIn: new SignIn({ storeOf, home: settings.tenant, passwords, lockout: { attempts, firstSeconds, maxSeconds }, clock, log }),
  };
}
