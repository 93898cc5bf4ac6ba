import type { AccountRecord } from '../../repository/accounts/account-records.js';

const time = (moment: Date | null): string | null => moment?.toISOString() ?? null;

/** What programs see of an account: no password, no hash. */
export const accountView = (account: AccountRecord) => ({
  id: account.id,
  username: account.username,
  email: account.email,
  user: account.user,
  role: account.role,
  failed_attempts: account.failedAttempts,
  locked_until: time(account.lockedUntil),
  disabled_at: time(account.disabledAt),
  last_login_at: time(account.lastLoginAt),
  password_changed_at: time(account.passwordChangedAt),
  created_at: account.createdAt.toISOString(),
});

export function accountState({ disabledAt, lockedUntil, lastLoginAt }: AccountRecord, now: Date): string {
  if (disabledAt) return `disabled ${disabledAt.toISOString()}`;
  if (lockedUntil && lockedUntil > now) return `locked until ${lockedUntil.toISOString()}`;
  return lastLoginAt ? `last signed in ${lastLoginAt.toISOString()}` : 'never signed in';
}
