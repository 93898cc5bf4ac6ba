import { metadataHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/metadata.js';
import type { OAuthMetadata, OAuthProtectedResourceMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { RequestHandler } from 'express';
import type { PublicAddress } from './public-address.js';
import { RESET_PATH } from './reset-link.js';

export const PATHS = {
  authorize: '/oauth/authorize',
  consent: '/oauth/consent',
  token: '/oauth/token',
  register: '/oauth/register',
  revoke: '/oauth/revoke',
  reset: RESET_PATH,
} as const;

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'];

/** Of the authorization server (RFC 8414). */
const serverMetadata = (origin: string, scopes: readonly string[]): OAuthMetadata => ({
  issuer: origin,
  authorization_endpoint: origin + PATHS.authorize,
  token_endpoint: origin + PATHS.token,
  registration_endpoint: origin + PATHS.register,
  revocation_endpoint: origin + PATHS.revoke,
  scopes_supported: [...scopes],
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: AUTH_METHODS,
  revocation_endpoint_auth_methods_supported: AUTH_METHODS,
  code_challenge_methods_supported: ['S256'],
  client_id_metadata_document_supported: true,
  authorization_response_iss_parameter_supported: true,
});

/** Of what is protected (RFC 9728). Its scopes are what a client asks for that was told nothing else. */
const resourceMetadata = (origin: string, scopes: readonly string[], signIn: boolean): OAuthProtectedResourceMetadata => ({
  resource: `${origin}/mcp`,
  ...(signIn ? { authorization_servers: [origin] } : {}),
  scopes_supported: [...scopes],
  bearer_methods_supported: ['header'],
  resource_name: 'Recollect',
});

/** Answers with the metadata for the name that was asked for. */
const answering =
  (address: PublicAddress, describe: (origin: string) => OAuthMetadata | OAuthProtectedResourceMetadata): RequestHandler =>
  (req, res, next) =>
    metadataHandler(describe(address.of(req)) as OAuthMetadata)(req, res, next);

export const describeServer = (address: PublicAddress, scopes: readonly string[]): RequestHandler =>
  answering(address, (origin) => serverMetadata(origin, scopes));

export const describeResource = (address: PublicAddress, scopes: readonly string[]): RequestHandler =>
  answering(address, (origin) => resourceMetadata(origin, scopes, address.isSafe));
