import type { ApiTokenRecord } from '../../../repository/accounts/api-tokens.js';

const time = (moment: Date | null): string | null => moment?.toISOString() ?? null;

/** What people and programs see of a key: everything but the key. */
export const tokenView = (token: ApiTokenRecord) => ({
  id: token.id,
  name: token.name,
  prefix: token.prefix,
  role: token.role,
  user: token.user,
  scopes: token.scopes,
  created_at: token.createdAt.toISOString(),
  expires_at: time(token.expiresAt),
  last_used_at: time(token.lastUsedAt),
  revoked_at: time(token.revokedAt),
});

export function tokenState({ expiresAt, revokedAt }: ApiTokenRecord, now: Date): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  if (expiresAt === null) return 'in force';
  return expiresAt <= now ? `expired ${expiresAt.toISOString()}` : `until ${expiresAt.toISOString()}`;
}
