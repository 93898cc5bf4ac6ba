import type { Statement } from '../../db/database.js';

const columns = `
  c.id, c.user_id as "userId", u.external_id as "user", u.display_name as "displayName", c.username, c.email,
  coalesce(c.roles[1], 'user') as role, c.failed_attempts as "failedAttempts", c.locked_until as "lockedUntil",
  c.password_changed_at as "passwordChangedAt", c.last_login_at as "lastLoginAt", c.disabled_at as "disabledAt",
  c.created_at as "createdAt"`;
const source = 'user_credentials c join users u on u.tenant_id = c.tenant_id and u.id = c.user_id';

/**
 * The account with the name, e-mail address or id $2; user names hold no @ and addresses do, so at most one has it.
 *
 * Plan: one probe each of `user_credentials_username_key`, `user_credentials_email_key` and `user_credentials_pk`.
 */
export const findAccount: Statement = {
  name: 'find_account',
  asOwner: true,
  text: `
with named as (
  select id from user_credentials where tenant_id = $1 and lower(username) = lower($2)
  union
  select id from user_credentials where tenant_id = $1 and lower(email) = lower($2)
  union
  select id from user_credentials where tenant_id = $1 and id = $3::uuid
)
select ${columns.trim()}, c.password_hash as "passwordHash"
from named n join ${source} on c.tenant_id = $1 and c.id = n.id
limit 1`,
};

/** Accounts by name, after $2, those with $3 in a name or address and with the role $4, at most $5. */
export const listAccounts: Statement = {
  name: 'list_accounts',
  text: `
select ${columns.trim()}, lower(c.username) as place
from ${source}
where c.tenant_id = $1
  and ($2::text is null or lower(c.username) > $2)
  and ($3::text is null or concat_ws(' ', c.username, c.email, u.external_id, u.display_name) ilike $3)
  and ($4::text is null or $4 = any(c.roles))
order by lower(c.username)
limit $5::int`,
};

/** The person that is set as the tenant's active user, if their account can be used. */
export const activeAccount: Statement = {
  name: 'active_account',
  text: `
select u.external_id as "user"
from tenants t
join users u on u.tenant_id = t.id and u.external_id = t.settings ->> 'active_user'
join user_credentials c on c.tenant_id = t.id and c.user_id = u.id and c.disabled_at is null
where t.id = $1`,
};
