import type { Statement } from '../../db/database.js';

/** The client that calls itself $1, unless it was disabled. Plan: one probe of `oauth_clients_external_id_key`. */
export const findOauthClient: Statement = {
  name: 'find_oauth_client',
  text: `
select id, external_id as "externalId", name, secret_hash as "secretHash", redirect_uris as "redirectUris", grant_types as "grantTypes",
  token_endpoint_auth_method as "tokenEndpointAuthMethod", scopes, metadata, disabled_at is not null as disabled, created_at as "createdAt"
from oauth_clients where external_id = $1`,
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

/** Removes up to $3 clients that nobody signed in with and that are older than $1, or whose last use was before $2; never one that somebody's access still hangs on. */
export const pruneOauthClients: Statement = {
  name: 'prune_oauth_clients',
  text: `
delete from oauth_clients where id in (
  select c.id from oauth_clients c
  where ((c.last_used_at is null and c.created_at < $1::timestamptz) or c.last_used_at < $2::timestamptz)
    and c.disabled_at is null
    and not exists (select from oauth_grants g where g.client_id = c.id)
  order by c.created_at limit $3::int
) returning id`,
};
