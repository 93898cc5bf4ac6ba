import type { Statement } from '../../db/database.js';
import { inForce } from './oauth-grants.js';

/** The client that calls itself $1, and whether it was disabled. Plan: one probe of `oauth_clients_external_id_key`. */
export const findOauthClient: Statement = {
  name: 'find_oauth_client',
  text: `
select id, external_id as "externalId", name, secret_hash as "secretHash", redirect_uris as "redirectUris", grant_types as "grantTypes",
  token_endpoint_auth_method as "tokenEndpointAuthMethod", scopes, metadata, disabled_at is not null as disabled, created_at as "createdAt"
from oauth_clients where external_id = $1`,
};

/**
 * Clients, newest first, after the place $2 and $3, at most $5. With $1 those with that row id, client_id or name; without, those that
 * nobody signed in with are there only if $4 says so.
 */
export const listOauthClients: Statement = {
  name: 'list_oauth_clients',
  text: `
select id, external_id as "externalId", name, redirect_uris as "redirectUris", grant_types as "grantTypes",
  token_endpoint_auth_method as "tokenEndpointAuthMethod", scopes, last_used_at as "lastUsedAt", disabled_at as "disabledAt",
  created_at as "createdAt"
from oauth_clients
where ($1::text is null or id::text = lower($1) or external_id = $1 or name = $1)
  and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3::uuid))
  and ($1::text is not null or $4::boolean or last_used_at is not null or disabled_at is not null)
order by created_at desc, id desc
limit $5::int`,
};

/** How many sign-ins of each of the clients $1 are in force at $2, by tenant. Plan: `oauth_grants_client_id_idx`. */
export const countSignInsOfClients: Statement = {
  name: 'count_sign_ins_of_clients',
  text: `
select g.client_id as "clientId", g.tenant_id as "tenantId", count(distinct g.family_id)::int as count
from oauth_grants g join user_credentials k on k.tenant_id = g.tenant_id and k.id = g.credential_id
where g.client_id = any($1::uuid[]) and ${inForce('$2::timestamptz')}
group by g.client_id, g.tenant_id
order by g.client_id, g.tenant_id`,
};

/** Lets nobody in with the client $1 from $3 on, or lets them in again. */
export const setOauthClientDisabled: Statement = {
  name: 'set_oauth_client_disabled',
  text: `
update oauth_clients set disabled_at = case when $2::boolean then coalesce(disabled_at, $3::timestamptz) end, updated_at = $3::timestamptz
where id = $1::uuid and (disabled_at is not null) <> $2::boolean
returning id`,
};

/** Ends what the client $1 was granted and could still use at $2, in all tenants; what one exchange is making meanwhile shows when it is sent again. */
export const endGrantsOfClient: Statement = {
  name: 'end_grants_of_client',
  text: `
update oauth_grants set revoked_at = $2::timestamptz
where client_id = $1::uuid and revoked_at is null and used_at is null and expires_at > $2::timestamptz
returning id`,
};

/** How many rows of grants each tenant has of the client $1. */
export const countGrantsOfClient: Statement = {
  name: 'count_grants_of_client',
  text: `
select tenant_id as "tenantId", count(*)::int as count from oauth_grants where client_id = $1::uuid group by tenant_id order by tenant_id`,
};

/** Removes up to $3 grants of the client $2 in the tenant $1. */
export const removeGrantsOfClient: Statement = {
  name: 'remove_grants_of_client',
  text: `
delete from oauth_grants where tenant_id = $1 and id in (
  select id from oauth_grants where tenant_id = $1 and client_id = $2::uuid limit $3::int
) returning id`,
};

/** Removes the client $1, with what came in of its grants at the last moment. */
export const removeOauthClient: Statement = {
  name: 'remove_oauth_client',
  text: 'delete from oauth_clients where id = $1::uuid returning id',
};

/** Makes a client, or writes what it now says of itself over what it said; one that was disabled stays so. */
export const putOauthClient: Statement = {
  name: 'put_oauth_client',
  text: `
insert into oauth_clients as c (id, external_id, name, secret_hash, redirect_uris, grant_types, token_endpoint_auth_method, scopes, metadata,
  created_at, updated_at)
values ($1::uuid, $2, $3, $4, $5::text[], $6::text[], $7, $8::text[], $9::jsonb, $10::timestamptz, $10::timestamptz)
on conflict (external_id) do update set
  name = excluded.name, redirect_uris = excluded.redirect_uris, grant_types = excluded.grant_types, scopes = excluded.scopes,
  metadata = excluded.metadata, updated_at = excluded.updated_at
returning c.id`,
};

/** Notes that somebody signed in with it. */
export const noteOauthClientUse: Statement = {
  name: 'note_oauth_client_use',
  text: 'update oauth_clients set last_used_at = $2::timestamptz where id = $1::uuid',
};

/** How many clients nobody has signed in with yet. Plan: `oauth_clients_created_at_idx` holds just those. */
export const countUnusedOauthClients: Statement = {
  name: 'count_unused_oauth_clients',
  text: 'select count(*)::int as count from oauth_clients where last_used_at is null',
};

const forgotten = `((c.last_used_at is null and c.created_at < $1::timestamptz) or c.last_used_at < $2::timestamptz) and c.disabled_at is null`;

/** Up to $3 clients that nobody signed in with and that are older than $1, or whose last use was before $2; never one that somebody's access still hangs on. */
export const findForgottenOauthClients: Statement = {
  name: 'find_forgotten_oauth_clients',
  text: `
with
due as materialized (
  select c.id, c.created_at from oauth_clients c where ${forgotten}
),
granted as materialized (select distinct g.client_id from oauth_grants g where g.client_id in (select d.id from due d))
select d.id from due d where d.id not in (select client_id from granted) order by d.created_at limit $3::int`,
};

/** Removes the clients $3, those aside that somebody has used since. On Citus this is no part of the search, which asks every server. */
export const removeForgottenOauthClients: Statement = {
  name: 'remove_forgotten_oauth_clients',
  text: `delete from oauth_clients c where c.id = any($3::uuid[]) and ${forgotten} returning c.id`,
};
