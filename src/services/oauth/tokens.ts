import type { Identity, Scope } from '../../principal.js';
import { principalOfAccount } from '../../repository/accounts/account-records.js';
import type { OauthGrantKind, OauthGrantRecord, Successor } from '../../repository/accounts/oauth-grants.js';
import { hashSecret, isSecretOf, newSecret } from '../../secret.js';
import type { AccessChanges } from '../accounts/access-changes.js';
import { type BearerVerifier, unauthenticated } from '../accounts/authenticator.js';
import { Recent } from '../recent.js';
import { knownScopes } from './client-metadata.js';
import type { KnownClient, OAuthClients } from './clients.js';
import type { Grants } from './grants.js';
import { after, LIFETIME } from './lifetimes.js';
import { OAuthProblem } from './problem.js';

export type IssuedTokens = { accessToken: string; refreshToken: string | null; expiresInSeconds: number; scopes: string[] };

/** A client that proved who it is, as far as that is asked of it. */
type Presenter = Pick<KnownClient, 'externalId' | 'grantTypes'>;

/** How long an access token that another process revoked may still be taken here when no word of it came. */
const ACCESS_LAG_MS = 2_500;
const MOST_REMEMBERED = 1_000;

/** Codes and tokens: given out, exchanged, known again, revoked. */
export class OAuthTokens implements BearerVerifier {
  readonly kind = 'accessToken';
  readonly #clients: OAuthClients;
  readonly #grants: Grants;
  readonly #access: AccessChanges;
  readonly #clock: () => Date;
  readonly #remembered = new Recent<OauthGrantRecord>(MOST_REMEMBERED);
  readonly #refreshing = new Map<string, Promise<IssuedTokens>>();
  /** Goes up with each revocation: a look-up that began before one is not remembered after it. */
  #generation = 0;
  #isOurs: (resource: string) => boolean = () => false;

  constructor(clients: OAuthClients, grants: Grants, access: AccessChanges, clock: () => Date) {
    this.#clients = clients;
    this.#grants = grants;
    this.#access = access;
    this.#clock = clock;
    access.onChange(() => this.#forget());
  }

  /** Says which resource this server is. Until then no token is for it. */
  serve(isOurs: (resource: string) => boolean): void {
    this.#isOurs = isOurs;
    this.#forget();
  }

  /** What the code's holder has to prove; undefined when there is nothing to prove it for. */
  async challengeOf(clientId: string, code: string): Promise<string | undefined> {
    const grant = await this.#grants.find('authorization_code', code);
    return grant?.clientId === clientId ? (grant.codeChallenge ?? undefined) : undefined;
  }

  /** Called after the proof. A code that comes a second time ends everything that came of it. */
  redeem(
    client: Presenter,
    code: string,
    { redirectUri, resource }: { redirectUri?: string | undefined; resource?: string | undefined },
  ): Promise<IssuedTokens> {
    return this.#exchange('authorization_code', client, code, resource, (grant) => {
      if (redirectUri !== undefined && redirectUri !== grant.redirectUri)
        throw invalidGrant('The redirect URI is not the one that the code was asked for with.');
      return grant.scopes;
    });
  }

  /**
   * Each refresh token is good for one use; a second use ends everything that came of the same sign-in. Requests that overlap in
   * this process are one use and get the same answer: that is a client with two windows, and not a thief.
   */
  refresh(
    client: Presenter,
    refreshToken: string,
    { scopes, resource }: { scopes?: string[] | undefined; resource?: string | undefined },
  ): Promise<IssuedTokens> {
    const key = hashSecret(JSON.stringify([refreshToken, client.externalId, scopes, resource]));
    const running = this.#refreshing.get(key);
    if (running) return running;
    const refreshing = this.#exchange('refresh_token', client, refreshToken, resource, (grant) => {
      const narrowed = scopes ?? grant.scopes;
      if (narrowed.length === 0 || narrowed.some((scope) => !grant.scopes.includes(scope))) {
        throw new OAuthProblem('invalid_scope', 'A refreshed token can have less than was granted, and not more.');
      }
      return narrowed;
    }).finally(() => this.#refreshing.delete(key));
    this.#refreshing.set(key, refreshing);
    return refreshing;
  }

  /** A refresh token goes with all that came of the same sign-in, an access token alone. Of a stranger's or unknown token nothing happens. */
  async revoke(clientId: string, token: string): Promise<void> {
    const kind = (['refresh_token', 'access_token'] as const).find((each) =>
      isSecretOf(each === 'access_token' ? 'accessToken' : 'refreshToken', token),
    );
    const grant = kind && (await this.#grants.find(kind, token));
    if (!grant || grant.clientId !== clientId) return;
    const grants = await this.#grants.ofTenant(grant.tenantId);
    await this.#access.after(() => (kind === 'refresh_token' ? grants.revokeFamily(grant.familyId) : grants.revokeGrant(grant.id)));
  }

  /** Looks every token up again. */
  #forget(): void {
    this.#generation += 1;
    this.#remembered.clear();
  }

  async verify(bearer: string): Promise<Identity> {
    const now = this.#clock();
    const hash = hashSecret(bearer);
    const known = this.#remembered.get(hash, now.getTime());
    if (known) return identityOf(known);
    const generation = this.#generation;
    const grant = await this.#grants.find('access_token', bearer);
    if (!grant) throw unauthenticated('This token is not known.', SIGN_IN);
    if (grant.expiresAt <= now) throw unauthenticated('This token has expired.', 'Refresh it, or sign in again.');
    if (!grant.standing) throw unauthenticated('This token was revoked.', SIGN_IN);
    if (!this.#isOurs(grant.resource)) throw unauthenticated('This token is for another server.', SIGN_IN);
    const until = Math.min(now.getTime() + ACCESS_LAG_MS, grant.expiresAt.getTime());
    if (generation === this.#generation) this.#remembered.set(hash, grant, until);
    return identityOf(grant);
  }

  async #exchange(
    kind: Extract<OauthGrantKind, 'authorization_code' | 'refresh_token'>,
    client: Presenter,
    secret: string,
    resource: string | undefined,
    accessScopes: (grant: OauthGrantRecord) => string[],
  ): Promise<IssuedTokens> {
    const [accessToken, refreshToken] = [newSecret('accessToken'), newSecret('refreshToken')];
    const now = this.#clock();
    const isRefreshable = client.grantTypes.includes('refresh_token');
    const spent = await this.#grants.spend(kind, secret, (grant) => {
      if (grant.clientId !== client.externalId) throw invalidGrant();
      if (resource !== undefined && resource !== grant.resource)
        throw new OAuthProblem('invalid_target', 'Access was granted for another resource.');
      const access: Successor = {
        kind: 'access_token',
        tokenHash: hashSecret(accessToken),
        scopes: accessScopes(grant),
        expiresAt: after(now, LIFETIME.accessToken),
      };
      const refresh: Successor = {
        kind: 'refresh_token',
        tokenHash: hashSecret(refreshToken),
        scopes: grant.scopes,
        expiresAt: after(now, LIFETIME.refreshToken),
      };
      return isRefreshable ? [access, refresh] : [access];
    });
    if (spent.outcome !== 'spent') {
      if (spent.outcome === 'reused') await this.#access.changed();
      throw invalidGrant();
    }
    await this.#clients.noteUse(spent.grant.clientRowId);
    return {
      accessToken,
      refreshToken: isRefreshable ? refreshToken : null,
      expiresInSeconds: LIFETIME.accessToken / 1_000,
      scopes: accessScopes(spent.grant),
    };
  }
}

const SIGN_IN = 'Sign in again.';

const invalidGrant = (message = 'It is unknown, expired, revoked or was used before.'): OAuthProblem =>
  new OAuthProblem('invalid_grant', message);

/** What the token carries, cut down to what its role can have. */
function identityOf({ tenantId, user, role, scopes, familyId, clientId, expiresAt }: OauthGrantRecord): Identity {
  const whole = principalOfAccount(tenantId, { role, user });
  return {
    principal: { ...whole, scopes: new Set<Scope>(knownScopes(scopes).filter((scope) => whole.scopes.has(scope))) },
    // The sign-in and not the token: sessions and limits outlive an hour.
    credentialId: familyId,
    kind: 'oauth',
    clientId,
    expiresAt,
  };
}
