import type { Statement } from '../../db/database.js';

const userColumns = `
  u.id, u.external_id as "externalId", u.display_name as "displayName", u.profile, u.documents, u.metadata, k.username, k.email,
  u.last_seen_at as "lastSeenAt", u.created_at as "createdAt", u.updated_at as "updatedAt"`;

const userSource = `users u left join lateral (
    select k.username, k.email from user_credentials k
    where k.tenant_id = $1 and k.user_id = u.id order by k.created_at limit 1
  ) k on true`;

/**
 * The user whose external id is $3; else the one whose username, else e-mail, it is.
 *
 * Plan: one probe each of `users_external_id_key`, `user_credentials_username_key` and `user_credentials_email_key`.
 */
export const findUser: Statement = {
  name: 'find_user',
  asOwner: true,
  text: `
with named as (
  select 1 as rank, u.id from users u where u.tenant_id = $1 and u.external_id = $3
  union all
  select 2, k.user_id from user_credentials k where k.tenant_id = $1 and lower(k.username) = lower($3)
  union all
  select 3, k.user_id from user_credentials k where k.tenant_id = $1 and lower(k.email) = lower($3)
)
select ${userColumns.trim()}
from named n join ${userSource} on u.tenant_id = $1 and u.id = n.id
where $2::uuid is null or u.id = $2::uuid
order by n.rank limit 1`,
};

/** Users by external id, after $4, optionally those with $3 in a name or address. Plan: a walk along `users_external_id_key`. */
export const listUsers: Statement = {
  name: 'list_users',
  text: `
select ${userColumns.trim()}
from ${userSource}
where u.tenant_id = $1 and ($2::uuid is null or u.id = $2::uuid)
  and ($3::text is null or concat_ws(' ', u.external_id, u.display_name, k.username, k.email) ilike $3)
  and ($4::text is null or u.external_id > $4)
order by u.external_id
limit $5::int`,
};

/**
 * Makes the user $3 or changes it: objects are merged, with the keys that a null takes away in $10 to $12, and a display name is set
 * where one is given ($5). Two callers that make the same user at once both succeed, and both changes are in it.
 */
export const upsertUser: Statement = {
  name: 'upsert_user',
  text: `
insert into users as u (tenant_id, id, external_id, display_name, profile, documents, metadata, created_at, updated_at)
values ($1, $2::uuid, $3, $4, $6::jsonb - $10::text[], $7::jsonb - $11::text[], $8::jsonb - $12::text[], $9::timestamptz, $9::timestamptz)
on conflict (tenant_id, external_id) do update set
  display_name = case when $5::boolean then $4 else u.display_name end,
  profile = (u.profile || $6::jsonb) - $10::text[],
  documents = (u.documents || $7::jsonb) - $11::text[],
  metadata = (u.metadata || $8::jsonb) - $12::text[],
  updated_at = $9::timestamptz
returning u.id = $2::uuid as created, octet_length(u.profile::text) + octet_length(u.documents::text) + octet_length(u.metadata::text) as bytes`,
};
