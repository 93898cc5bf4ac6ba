export const ROLES = ['user', 'service', 'admin', 'system'] as const;
export type Role = (typeof ROLES)[number];

export const SCOPES = [
  'conversations:read',
  'conversations:write',
  'memories:read',
  'memories:write',
  'graph:read',
  'graph:write',
  'users:read',
  'users:write',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** On whose behalf a call runs: fixed by configuration over stdio, read from the bearer token over HTTP. */
export type Principal = Readonly<{
  tenantId: string;
  /** External id of the one user this principal is bound to; null for one that acts for every user of the tenant. */
  user: string | null;
  role: Role;
  scopes: ReadonlySet<Scope>;
}>;

/** The scopes a role carries when nobody narrowed them. */
export const scopesOf = (role: Role): ReadonlySet<Scope> =>
  new Set(role === 'admin' || role === 'system' ? SCOPES : SCOPES.filter((scope) => scope !== 'admin'));

/** Whoever does what nobody asked for, or what an administrator of the whole server asked for. */
export const systemOf = (tenantId: string): Principal => ({ tenantId, user: null, role: 'system', scopes: scopesOf('system') });

/**
 * Whether a principal may use what needs this scope. Administration takes the role as well as the scope, and is never for one
 * who acts for a single person.
 */
export const mayUse = ({ scopes, role, user }: Principal, scope: Scope): boolean =>
  scopes.has(scope) && (scope !== 'admin' || ((role === 'admin' || role === 'system') && user === null));

/** Who presented a credential, and which one it was. */
export type Identity = Readonly<{
  principal: Principal;
  /** Names the credential in logs and rate limits; not a secret. */
  credentialId: string;
  kind: 'api_token' | 'oauth' | 'none';
  /** The OAuth client it was given to. */
  clientId: string | null;
  expiresAt: Date | null;
}>;

/** Says whose a bearer credential is. Throws `unauthenticated` for one that is malformed, unknown, expired, revoked or meant for another server. */
export interface Authenticator {
  authenticate(bearer: string): Promise<Identity>;
}
