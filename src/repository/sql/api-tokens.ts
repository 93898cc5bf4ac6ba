import type { Statement } from '../../db/database.js';

const columns = `
  t.id, t.name, t.prefix, t.role, t.scopes, u.external_id as "user", t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt",
  t.revoked_at as "revokedAt", t.created_at as "createdAt"`;
const source = 'api_tokens t left join users u on u.tenant_id = t.tenant_id and u.id = t.user_id';

/** Keys of the tenant, newest first, after the place $3 and $4. With $2, the keys with that id, prefix or name. */
export const listApiTokens: Statement = {
  name: 'list_api_tokens',
  text: `
select ${columns.trim()}
from ${source}
where t.tenant_id = $1 and ($2::text is null or t.id::text = lower($2) or t.prefix = $2 or t.name = $2)
  and ($3::timestamptz is null or (t.created_at, t.id) < ($3::timestamptz, $4::uuid))
order by t.created_at desc, t.id desc
limit $5::int`,
};

/**
 * The keys of all tenants that begin with $1, and whether the account of the person they act for is disabled.
 *
 * Plan: one probe of `api_tokens_prefix_idx`; eight random characters are hardly ever shared.
 */
export const findApiTokens: Statement = {
  name: 'find_api_tokens',
  text: `
select t.tenant_id as "tenantId", t.id, t.role, t.scopes, t.token_hash as "tokenHash", t.expires_at as "expiresAt",
  t.revoked_at as "revokedAt", t.last_used_at as "lastUsedAt", u.external_id as "user",
  exists (
    select from user_credentials c where c.tenant_id = t.tenant_id and c.user_id = t.user_id and c.disabled_at is not null
  ) as disabled
from ${source}
where t.prefix = $1`,
};

/** Notes when a key was used, unless somebody did so within the minute before. */
export const noteApiTokenUse: Statement = {
  name: 'note_api_token_use',
  text: `
update api_tokens set last_used_at = $3::timestamptz
where tenant_id = $1 and id = $2::uuid and (last_used_at is null or last_used_at <= $3::timestamptz - interval '1 minute')`,
};

/** Removes up to $3 keys that were expired or revoked before $2. */
export const pruneApiTokens: Statement = {
  name: 'prune_api_tokens',
  text: `
delete from api_tokens where tenant_id = $1 and id in (
  select id from api_tokens where tenant_id = $1 and (expires_at < $2::timestamptz or revoked_at < $2::timestamptz)
  order by id limit $3::int
) returning id`,
};
