import { type App, principalFrom } from '../../app.js';
import { AppError } from '../../errors.js';
import type { Session } from '../../mcp/session.js';
import { scopesInUse } from '../../mcp/tool-scopes.js';
import type { Authenticator, Identity, Principal } from '../../principal.js';
import { hashSecret } from '../../secret.js';
import { sessionOf } from '../session-of.js';
import type { Caller, Handler, HttpResponse, Next } from './answers.js';
import { refuse, sendJson } from './answers.js';
import { PublicAddress } from './oauth/public-address.js';
import type { RateLimits } from './rate-limits.js';

const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;
/** Callers that are remembered at one time. */
const MOST_SESSIONS = 1_000;
/** Headers that only a proxy adds. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip'] as const;

/** What a 401 says: where to learn how to sign in, and what to ask for. */
export type Challenge = (
  res: HttpResponse,
  problem?: {
    error: 'invalid_token' | 'insufficient_scope';
    description: string;
    scopes?: readonly string[];
  },
) => string;

export function challengeFor(app: App, publicUrl: string): Challenge {
  const address = new PublicAddress(publicUrl);
  const usual = scopesInUse(sessionOf(app));
  return ({ req }, problem) =>
    `Bearer ${[
      ...(problem ? [`error="${problem.error}"`, `error_description="${problem.description.replaceAll(/["\\]|[^ -~]/g, '')}"`] : []),
      `scope="${(problem?.scopes ?? usual).join(' ')}"`,
      `resource_metadata="${address.of(req)}/.well-known/oauth-protected-resource/mcp"`,
    ].join(', ')}`;
}

/** Lets in who presents a valid bearer credential, and says in `res.locals.caller` who that is. */
export function requireSignIn(app: App, authenticator: Authenticator, limits: RateLimits, challenge: Challenge): Handler {
  const sessions = sessionsOf(app);

  const turnAway = async (res: HttpResponse, address: string, description: string, presented: boolean): Promise<void> => {
    app.metrics?.requestRefused('credential');
    const wait = await limits.countUnknown(address);
    if (wait > 0) return tooMany(res, wait);
    res.setHeader('WWW-Authenticate', presented ? challenge(res, { error: 'invalid_token', description }) : challenge(res));
    sendJson(res, 401, { error: 'invalid_token', error_description: description });
  };
  const tooMany = (res: HttpResponse, wait: number): void => {
    app.metrics?.requestRefused('rate');
    refuse(res, 429, 'Too many requests without a valid credential from this address.', { retryAfter: wait });
  };

  return async (req, res, next) => {
    const { authorization } = req.headers;
    const address = req.ip ?? '';
    if (authorization === undefined) return turnAway(res, address, 'Sign in, or send a key as "Authorization: Bearer KEY".', false);
    const bearer = BEARER.exec(authorization)?.[1];
    if (bearer === undefined) return turnAway(res, address, 'The Authorization header must be "Bearer KEY".', true);
    const hash = hashSecret(bearer);
    const wait = await limits.blocked(address, hash);
    if (wait > 0) return tooMany(res, wait);
    let identity: Identity;
    try {
      identity = await authenticator.authenticate(bearer);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
      limits.wasBad(hash);
      return turnAway(res, address, error.message, true);
    }
    limits.wasGood(hash);
    await admit(
      res,
      next,
      sessions(identity, () => authenticator.authenticate(bearer)),
      app,
      limits,
    );
  };
}

/** Lets everybody in as the principal of the configuration, unless a proxy brings them: then not only this machine comes. */
export function withoutSignIn(app: App, limits: RateLimits, extend?: Session['extend']): Handler {
  const principal = principalFrom(app.config);
  const identity: Identity = { principal, credentialId: 'none', kind: 'none', clientId: null, expiresAt: null };
  const { session, ...rest } = sessionsOf(app)(identity, async () => undefined);
  const caller = { ...rest, session: { ...session, extend } };
  return async (req, res, next) => {
    if (FORWARDED.some((name) => req.headers[name] !== undefined))
      return refuse(res, 403, 'Sign-in is off, so this server takes no requests through a proxy. Start it without --no-auth.');
    await admit(res, next, caller, app, limits);
  };
}

async function admit(res: HttpResponse, next: Next, caller: Caller, { metrics }: App, limits: RateLimits): Promise<void> {
  res.locals.caller = caller;
  const wait = await limits.count(caller.owner);
  if (wait === 0) return next();
  metrics?.requestRefused('rate');
  refuse(res, 429, 'Too many requests; slow down.', { retryAfter: wait });
}

/** What callers are served with; the same for the same caller, so that it is put together once. */
function sessionsOf(app: App) {
  const known = new Map<string, Session>();
  const owners = new WeakMap<Identity, string>();
  return (identity: Identity, check: Caller['check']): Caller => {
    const owner = owners.get(identity) ?? ownerOf(identity);
    owners.set(identity, owner);
    const session = known.get(owner) ?? sessionOf(app, identity.principal);
    known.delete(owner);
    known.set(owner, session);
    if (known.size > MOST_SESSIONS) known.delete(known.keys().next().value!);
    return { identity, owner, session, check };
  };
}

/** A key is somebody; of what was signed in for, the person and the client are, because their tokens change. */
const ownerOf = ({ kind, credentialId, clientId, principal }: Identity): string =>
  JSON.stringify([kind, kind === 'oauth' ? clientId : credentialId, ...partsOf(principal)]);

const partsOf = ({ tenantId, user, role, scopes }: Principal) => [tenantId, user, role, [...scopes].sort().join(' ')];
