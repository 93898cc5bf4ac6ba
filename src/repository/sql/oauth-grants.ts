import type { Statement } from '../../db/database.js';

/** Whether the account `k` stands behind the grant `g`: a change of the password, of the role or of its state shows here at once, whoever made it. */
export const standing = `g.revoked_at is null and k.disabled_at is null and k.password_changed_at <= g.signed_in_at
    and (g.role = 'user' or g.role = any(k.roles) or 'admin' = any(k.roles))`;

/** Whether the grant `g` still lets somebody in at the moment `at`, or will: what was only asked, and what is spent, does not. */
export const inForce = (at: string): string => `g.kind <> 'consent' and g.used_at is null and g.expires_at > ${at} and ${standing}`;

/**
 * The grant with the hash $1, of whatever tenant, and whether its account and its client stand behind it.
 *
 * Plan: a probe of `oauth_grants_token_hash_idx` and one by key of each of the others.
 */
export const findOauthGrant: Statement = {
  name: 'find_oauth_grant',
  text: `
select g.tenant_id as "tenantId", g.id, g.client_id as "clientRowId", c.external_id as "clientId", c.name as "clientName",
  g.user_id as "userId", u.external_id as "user", u.display_name as "displayName", k.username, g.credential_id as "credentialId",
  g.family_id as "familyId", g.kind, g.role, g.scopes, g.redirect_uri as "redirectUri", g.code_challenge as "codeChallenge", g.resource,
  g.signed_in_at as "signedInAt", g.expires_at as "expiresAt", g.used_at as "usedAt", c.disabled_at is null and ${standing} as standing
from oauth_grants g
  join oauth_clients c on c.id = g.client_id
  join users u on u.tenant_id = g.tenant_id and u.id = g.user_id
  join user_credentials k on k.tenant_id = g.tenant_id and k.id = g.credential_id
where g.token_hash = $1`,
};

/** How the grant $2 of the tenant stands now; held until the transaction ends: of two who spend it one comes second. */
export const lockOauthGrant: Statement = {
  name: 'lock_oauth_grant',
  text: `
select g.used_at as "usedAt", g.expires_at as "expiresAt", ${standing} as standing
from oauth_grants g join user_credentials k on k.tenant_id = g.tenant_id and k.id = g.credential_id
where g.tenant_id = $1 and g.id = $2::uuid
for update of g`,
};

/** Removes up to $3 grants of the tenant that had expired before $2. Plan: `oauth_grants_expires_at_idx`. */
export const pruneOauthGrants: Statement = {
  name: 'prune_oauth_grants',
  text: `
delete from oauth_grants where tenant_id = $1 and id in (
  select id from oauth_grants where tenant_id = $1 and expires_at < $2::timestamptz order by expires_at limit $3::int
) returning id`,
};

/** Up to two tenants that have accounts. Plan: the first row, and the first behind it, of `user_credentials_pk`. */
export const tenantsWithAccounts: Statement = {
  name: 'tenants_with_accounts',
  text: `
with first as (select min(tenant_id) as id from user_credentials)
select id from first where id is not null
union all
select min(k.tenant_id) from user_credentials k, first where k.tenant_id > first.id having min(k.tenant_id) is not null`,
};
