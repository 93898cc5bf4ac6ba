import type { OAuthRegisteredClientsStore } from '@modelcontextprotocol/sdk/server/auth/clients.js';
import { CustomOAuthError, InvalidGrantError, OAuthError, ServerError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { App } from '../../../app.js';
import { hashSecret } from '../../../secret.js';
import { OAuthProblem } from '../../../services/oauth/problem.js';
import type { IssuedTokens } from '../../../services/oauth/tokens.js';
import type { PublicAddress } from './public-address.js';
import type { SignInForm } from './sign-in-form.js';

type Providers = Readonly<{
  /** For requests that lead to a sign-in: a client that describes itself is read anew. */
  asking: OAuthServerProvider;
  /** For clients that have something already. */
  holding: OAuthServerProvider;
}>;

/** What the library asks of an authorization server, answered by our services. */
export function oauthProviders({ oauth, log }: App, address: PublicAddress, form: SignInForm): Providers {
  /** Says what went wrong in the library's words; what is nobody's business goes to the log. */
  const inItsWords = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof OAuthError) throw error;
      if (error instanceof OAuthProblem) throw new CustomOAuthError(error.code, error.message);
      log.error({ err: error }, 'sign-in failed');
      throw new ServerError('The server could not do this.');
    }
  };

  const target = (resource: URL | undefined): string | undefined => {
    if (resource === undefined) return undefined;
    if (address.isOurs(resource.href)) return address.resource;
    throw new OAuthProblem('invalid_target', `This server is ${address.resource}.`);
  };

  const getting = (find: (clientId: string) => Promise<Client | undefined>) => (clientId: string) =>
    inItsWords(async () => {
      const client = await find(clientId);
      return client && informationOf(client);
    });

  const clientsStore: OAuthRegisteredClientsStore = {
    getClient: getting((clientId) => oauth.clients.find(clientId)),
    registerClient: (information) =>
      inItsWords(async () => {
        const { client_id: clientId, client_secret: secret, client_id_issued_at } = information as OAuthClientInformationFull;
        const client = await oauth.clients.register(clientId, secret === undefined ? null : hashSecret(secret), information);
        return {
          ...informationOf({ ...client, createdAt: null }),
          ...(client_id_issued_at === undefined ? {} : { client_id_issued_at }),
          // 0: it does not expire; whoever never comes back is forgotten with it.
          ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
        };
      }),
  };

  const asking: OAuthServerProvider = {
    clientsStore,
    authorize: (client, params, res) =>
      inItsWords(async () => {
        if (!/^[\w-]{43}$/.test(params.codeChallenge))
          throw new OAuthProblem('invalid_request', 'code_challenge must be an S256 challenge.');
        const scopes = (params.scopes ?? []).filter((scope) => scope !== '');
        oauth.consent.assertGrantable(scopes);
        const request = {
          clientId: client.client_id,
          redirectUri: params.redirectUri,
          codeChallenge: params.codeChallenge,
          scopes,
          resource: target(params.resource) ?? address.resource,
        };
        await form.handle(res.req, res, { request, clientName: client.client_name ?? null, state: params.state });
      }),
    challengeForAuthorizationCode: (client, code) =>
      inItsWords(async () => {
        const challenge = await oauth.tokens.challengeOf(client.client_id, code);
        if (challenge === undefined) throw new InvalidGrantError('It is unknown, expired, revoked or was used before.');
        return challenge;
      }),
    exchangeAuthorizationCode: (client, code, _verifier, redirectUri, resource) =>
      inItsWords(async () => tokensOf(await oauth.tokens.redeem(knownFrom(client), code, { redirectUri, resource: target(resource) }))),
    exchangeRefreshToken: (client, refreshToken, scopes, resource) =>
      inItsWords(async () => tokensOf(await oauth.tokens.refresh(knownFrom(client), refreshToken, { scopes, resource: target(resource) }))),
    revokeToken: (client, { token }) => inItsWords(() => oauth.tokens.revoke(client.client_id, token)),
    verifyAccessToken: (token) =>
      inItsWords(async () => {
        const { principal, clientId, expiresAt } = await oauth.tokens.verify(token);
        const expires = expiresAt ? { expiresAt: Math.floor(expiresAt.getTime() / 1_000) } : {};
        return { token, clientId: clientId ?? '', scopes: [...principal.scopes], resource: new URL(address.resource), ...expires };
      }),
  };
  return { asking, holding: { ...asking, clientsStore: { getClient: getting((clientId) => oauth.clients.known(clientId)) } } };
}

type Client = NonNullable<Awaited<ReturnType<App['oauth']['clients']['find']>>>;

/** A secret is known by its hash only; `readClientSecret` hashes what a client sends. */
const informationOf = (client: Client): OAuthClientInformationFull => ({
  ...client.metadata,
  client_id: client.externalId,
  redirect_uris: client.redirectUris,
  grant_types: client.grantTypes,
  response_types: ['code'],
  token_endpoint_auth_method: client.tokenEndpointAuthMethod,
  ...(client.name === null ? {} : { client_name: client.name }),
  ...(client.scopes.length === 0 ? {} : { scope: client.scopes.join(' ') }),
  ...(client.secretHash === null ? {} : { client_secret: client.secretHash }),
  ...(client.createdAt === null ? {} : { client_id_issued_at: Math.floor(client.createdAt.getTime() / 1_000) }),
});

const knownFrom = ({ client_id, grant_types }: OAuthClientInformationFull) => ({ externalId: client_id, grantTypes: grant_types ?? [] });

const tokensOf = ({ accessToken, refreshToken, expiresInSeconds, scopes }: IssuedTokens): OAuthTokens => ({
  access_token: accessToken,
  token_type: 'Bearer',
  expires_in: expiresInSeconds,
  scope: scopes.join(' '),
  ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
});
