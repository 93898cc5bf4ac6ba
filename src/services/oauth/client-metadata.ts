import { z } from 'zod';
import { SCOPES, type Scope } from '../../principal.js';
import type { NewOauthClient } from '../../repository/system/oauth-client-directory.js';
import { OAuthProblem } from './problem.js';
import { checkRedirectUris } from './redirect-uris.js';

const short = z.string().max(2_000);
const list = z.array(short).max(20);

/** What a client says of itself (RFC 7591), as far as it matters here. The rest is left out. */
const clientMetadata = z.object({
  redirect_uris: z.array(z.string()),
  token_endpoint_auth_method: z.string().optional(),
  grant_types: list.optional(),
  response_types: list.optional(),
  client_name: short.optional(),
  scope: short.optional(),
  client_uri: short.optional(),
  policy_uri: short.optional(),
  tos_uri: short.optional(),
  contacts: list.optional(),
  software_id: short.optional(),
  software_version: short.optional(),
});

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'] as const;
const GRANT_TYPES = ['authorization_code', 'refresh_token'] as const;
const LONGEST_NAME = 100;

export const knownScopes = (names: readonly string[]): Scope[] => SCOPES.filter((scope) => names.includes(scope));
const scopeList = (scope: string): string[] => scope.split(' ').filter((name) => name !== '');

/** Reads what a client says of itself and refuses what this server cannot serve or should not trust. */
export function readClientMetadata(document: unknown): Omit<NewOauthClient, 'externalId' | 'secretHash'> {
  const read = clientMetadata.safeParse(document);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new OAuthProblem('invalid_client_metadata', `${issue?.path.join('.') || 'The document'}: ${issue?.message}.`);
  }
  const {
    redirect_uris: redirectUris,
    token_endpoint_auth_method: method = 'client_secret_basic',
    grant_types: grantTypes = [...GRANT_TYPES],
    response_types: responseTypes = ['code'],
    client_name: name,
    scope = '',
    ...metadata
  } = read.data;
  checkRedirectUris(redirectUris);
  const tokenEndpointAuthMethod = AUTH_METHODS.find((known) => known === method);
  if (!tokenEndpointAuthMethod) throw unsupported('token_endpoint_auth_method', AUTH_METHODS);
  if (!grantTypes.includes('authorization_code')) throw unsupported('grant_types', GRANT_TYPES);
  if (!responseTypes.includes('code')) throw unsupported('response_types', ['code']);
  return {
    name: name === undefined ? null : presentableName(name),
    redirectUris,
    tokenEndpointAuthMethod,
    grantTypes: GRANT_TYPES.filter((known) => grantTypes.includes(known)),
    scopes: knownScopes(scopeList(scope)),
    metadata,
  };
}

/** A name that people are shown when they decide: nothing in it may hide, turn round or fake what stands beside it. */
function presentableName(name: string): string | null {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return plain === '' ? null : [...plain].slice(0, LONGEST_NAME).join('');
}

const unsupported = (field: string, allowed: readonly string[]): OAuthProblem =>
  new OAuthProblem('invalid_client_metadata', `${field}: this server offers ${allowed.join(', ')}.`);
