import type { OauthSignInRecord } from '../../../repository/accounts/oauth-sign-ins.js';

/** What programs see of a sign-in: no token, no hash. */
export const signInView = (signIn: OauthSignInRecord) => ({
  id: signIn.id,
  username: signIn.username,
  user: signIn.user,
  client_id: signIn.clientId,
  client_name: signIn.clientName,
  role: signIn.role,
  scopes: signIn.scopes,
  resource: signIn.resource,
  signed_in_at: signIn.signedInAt.toISOString(),
  renewed_at: signIn.renewedAt.toISOString(),
  expires_at: signIn.expiresAt.toISOString(),
});
