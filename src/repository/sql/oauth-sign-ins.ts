import type { Statement } from '../../db/database.js';
import { inForce } from './oauth-grants.js';

/**
 * Sign-ins of the tenant that are in force at $2, newest first, after $6, at most $7: of the account $3, of the client $4, or the one
 * with the id $5, where these are given. What can be refreshed speaks for the sign-in, for it lasts longest and has all that was granted.
 *
 * As the owner: clients belong to no tenant. Plan: a range of `oauth_grants_family_id_idx`, or of the index of what is given.
 */
export const listOauthSignIns: Statement = {
  name: 'list_oauth_sign_ins',
  asOwner: true,
  text: `
select distinct on (g.family_id) g.family_id as id, g.credential_id as "credentialId", k.username, u.external_id as "user",
  c.external_id as "clientId", c.name as "clientName", g.role, g.scopes, g.resource, g.signed_in_at as "signedInAt",
  g.created_at as "renewedAt", g.expires_at as "expiresAt"
from oauth_grants g
  join oauth_clients c on c.id = g.client_id and c.disabled_at is null
  join users u on u.tenant_id = g.tenant_id and u.id = g.user_id
  join user_credentials k on k.tenant_id = g.tenant_id and k.id = g.credential_id
where g.tenant_id = $1 and ${inForce('$2::timestamptz')}
  and ($3::uuid is null or g.credential_id = $3)
  and ($4::uuid is null or g.client_id = $4)
  and ($5::uuid is null or g.family_id = $5)
  and ($6::uuid is null or g.family_id < $6)
order by g.family_id desc, g.kind = 'refresh_token' desc, g.created_at desc
limit $7::int`,
};
