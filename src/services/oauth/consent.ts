import { type Scope, scopesOf } from '../../principal.js';
import type { OauthGrantRecord, OauthGrantRole } from '../../repository/accounts/oauth-grants.js';
import { hashSecret, newSecret } from '../../secret.js';
import type { SignIn, SignInRequest, SignInResult } from '../accounts/sign-in.js';
import { knownScopes } from './client-metadata.js';
import type { OAuthClients } from './clients.js';
import type { Grants } from './grants.js';
import { after, LIFETIME } from './lifetimes.js';
import { OAuthProblem } from './problem.js';

/** What a client asks for; its address for the answer has been checked. */
export type AuthorizationRequest = {
  clientId: string;
  redirectUri: string;
  codeChallenge: string;
  scopes: readonly string[];
  resource: string;
};

/** What a signed-in person is asked. */
export type ConsentQuestion = {
  /** Proves, with the answer, that this question was the one that was asked. */
  token: string;
  tenantId: string;
  user: string;
  displayName: string | null;
  username: string;
  clientId: string;
  clientName: string | null;
  redirectUri: string;
  /** What the account may stand for, least first. */
  roles: OauthGrantRole[];
  /** What was asked for and can be given; `admin` goes with the role of that name and is not among them. */
  scopes: Scope[];
};

export type ConsentAnswer = { role: string; scopes: readonly string[] };

const RANK: readonly OauthGrantRole[] = ['user', 'service', 'admin'];

/** The part of the flow that people see: they sign in, are asked, and answer. */
export class OAuthConsent {
  readonly #clients: OAuthClients;
  readonly #grants: Grants;
  readonly #signIn: Pick<SignIn, 'attempt'>;
  readonly #tenant: string;
  readonly #clock: () => Date;

  constructor(clients: OAuthClients, grants: Grants, signIn: Pick<SignIn, 'attempt'>, tenant: string, clock: () => Date) {
    this.#clients = clients;
    this.#grants = grants;
    this.#signIn = signIn;
    this.#tenant = tenant;
    this.#clock = clock;
  }

  /** The tenant that accounts are looked up in, and whether people have to be asked for it. */
  async tenant(): Promise<{ id: string; ask: boolean }> {
    const tenants = await (await this.#grants.directory()).tenantsWithAccounts();
    return { id: tenants.length === 1 ? tenants[0]! : this.#tenant, ask: tenants.length > 1 };
  }

  /** Refuses what no account could grant, before anybody types a password. */
  assertGrantable(scopes: readonly string[]): void {
    if (scopes.length > 0 && knownScopes(scopes).length === 0)
      throw new OAuthProblem('invalid_scope', 'None of these scopes is known here.');
  }

  /** Signs in and notes the question; nothing is granted yet. */
  async signIn(request: AuthorizationRequest, credentials: SignInRequest): Promise<{ question: ConsentQuestion } | { refused: Refusal }> {
    // Before the password is looked at: one that is changed meanwhile ends what comes of this.
    const signedInAt = this.#clock();
    const result = await this.#signIn.attempt(credentials);
    if (!result.ok) return { refused: result };
    const { account } = result;
    const client = await this.#clients.find(request.clientId);
    if (!client) throw new OAuthProblem('invalid_request', 'The client is no longer known.');
    const asked = knownScopes(
      request.scopes.length > 0 ? request.scopes : client.scopes.length > 0 ? client.scopes : [...scopesOf('user')],
    );
    const roles = rolesOf(account.role, asked);
    const role = roles.at(-1)!;
    const scopes = asked.filter((scope) => scopesOf(role).has(scope) && (scope !== 'admin' || role === 'admin'));
    if (scopes.length === 0) throw new OAuthProblem('invalid_scope', 'This account cannot give what was asked for.');

    const token = newSecret('consent');
    const store = await this.#grants.ofTenant(credentials.tenantId);
    await store.ask({
      tokenHash: hashSecret(token),
      clientRowId: await this.#clients.keep(request.clientId),
      userId: account.userId,
      credentialId: account.id,
      role,
      scopes,
      redirectUri: request.redirectUri,
      codeChallenge: request.codeChallenge,
      resource: request.resource,
      signedInAt,
      expiresAt: after(signedInAt, LIFETIME.consent),
    });
    const question = await this.question(token);
    if (!question) throw new OAuthProblem('invalid_request', 'The account was changed while it signed in. Sign in again.');
    return { question };
  }

  /** The question once more; undefined when it was answered, has expired, or the account no longer stands behind it. */
  async question(token: string): Promise<ConsentQuestion | undefined> {
    const grant = await this.#grants.find('consent', token);
    if (!grant?.standing || grant.usedAt || grant.expiresAt <= this.#clock()) return undefined;
    return { ...questionOf(grant), token };
  }

  /** Grants what was asked for as far as the answer allows it, and never more. A question can be answered once. */
  async allow(token: string, answer: ConsentAnswer): Promise<{ code: string; redirectUri: string } | undefined> {
    const code = newSecret('code');
    const expiresAt = after(this.#clock(), LIFETIME.code);
    const spent = await this.#grants.spend('consent', token, (grant) => [
      { kind: 'authorization_code', tokenHash: hashSecret(code), expiresAt, ...granted(grant, answer) },
    ]);
    return spent.outcome === 'spent' ? { code, redirectUri: spent.grant.redirectUri! } : undefined;
  }

  /** Answers where to say so. */
  async deny(token: string): Promise<{ redirectUri: string } | undefined> {
    const spent = await this.#grants.spend('consent', token, () => []);
    return spent.outcome === 'spent' ? { redirectUri: spent.grant.redirectUri! } : undefined;
  }
}

export type Refusal = Extract<SignInResult, { ok: false }>;

/** Everybody may act for themselves; for others, and as an administrator, only who may and was asked. */
const rolesOf = (ofAccount: OauthGrantRole, asked: readonly Scope[]): OauthGrantRole[] =>
  RANK.slice(0, RANK.indexOf(ofAccount) + 1).filter((role) => role !== 'admin' || asked.includes('admin'));

const questionOf = ({ tenantId, user, displayName, username, clientId, clientName, redirectUri, role, scopes }: OauthGrantRecord) => ({
  tenantId,
  user,
  displayName,
  username,
  clientId,
  clientName,
  redirectUri: redirectUri!,
  roles: RANK.slice(0, RANK.indexOf(role) + 1),
  scopes: knownScopes(scopes).filter((scope) => scope !== 'admin'),
});

function granted(grant: OauthGrantRecord, answer: ConsentAnswer): { role: OauthGrantRole; scopes: Scope[] } {
  const role = RANK.slice(0, RANK.indexOf(grant.role) + 1).find((known) => known === answer.role);
  if (!role) throw new OAuthProblem('invalid_request', 'This account cannot act in that way.');
  const scopes = knownScopes(grant.scopes).filter((scope) => (scope === 'admin' ? role === 'admin' : answer.scopes.includes(scope)));
  if (scopes.length === 0) throw new OAuthProblem('invalid_scope', 'Allow at least one thing, or deny.');
  return { role, scopes };
}
