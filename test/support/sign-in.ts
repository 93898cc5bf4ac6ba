import { createLog } from '../../src/log.js';
import type { LockoutRule } from '../../src/repository/accounts/login-attempts.js';
import type { Store } from '../../src/repository/store.js';
import { Passwords } from '../../src/services/accounts/passwords.js';
import { SignIn } from '../../src/services/accounts/sign-in.js';

/** Signing in to the accounts of a tenant, by passwords that are cheap to check: answers "in", or why not. */
export function signInTo(store: Store, lockout: LockoutRule, client: Record<string, string> = {}) {
  const { tenantId } = store.principal;
  const passwords = new Passwords(4);
  const log = createLog('silent');
  const service = new SignIn({ storeOf: async () => store, home: tenantId, passwords, lockout, clock: () => new Date(), log });
  const signIn = async (identifier: string, password: string) => {
    const result = await service.attempt({ tenantId, identifier, password, client });
    return result.ok ? 'in' : result.reason;
  };
  return { passwords, signIn };
}
