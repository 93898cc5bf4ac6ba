import { authorizationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/authorize.js';
import { clientRegistrationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/register.js';
import { revocationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/revoke.js';
import { tokenHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/token.js';
import express, { type Router, urlencoded } from 'express';
import type { App } from '../../../app.js';
import { scopesInUse } from '../../../mcp/tool-scopes.js';
import { problemOf } from '../../../services/oauth/redirect-uris.js';
import { sessionOf } from '../../session-of.js';
import { readClientSecret } from './client-secret.js';
import { CsrfGuard } from './csrf.js';
import { limitRate } from './limit-rate.js';
import { describeResource, describeServer, PATHS } from './metadata.js';
import { answerUnknownClients, forPeople, introduceErrors } from './oauth-answers.js';
import { oauthProviders } from './provider.js';
import { PublicAddress } from './public-address.js';
import { ResetForm } from './reset-form.js';
import { SignInForm } from './sign-in-form.js';

export type OAuthOptions = Readonly<{
  /** Where clients reach the server: an origin. */
  publicUrl: string;
  /** Registrations that one address may make in ten minutes. */
  registrations?: number;
}>;

const REGISTRATIONS = 60;
const REGISTRATION_SECONDS = 600;
const FORM = { extended: false, limit: '32kb' } as const;

/**
 * Signing in with OAuth 2.1, for clients of this server and people with accounts here. The protocol is the SDK's; its limits
 * of rates are switched off, because they neither know our proxies nor may write to our output.
 */
export function oauthRouter(app: App, { publicUrl, registrations = REGISTRATIONS }: OAuthOptions): Router {
  const router = express.Router();
  const address = new PublicAddress(publicUrl);
  const inUse = scopesInUse(sessionOf(app));
  router.use('/.well-known/oauth-protected-resource{/mcp}', describeResource(address, inUse));
  if (!address.isSafe) {
    app.log.warn(
      { publicUrl },
      'clients cannot sign in: passwords and tokens must not travel over plain http; put TLS in front and set the public URL',
    );
    return router;
  }
  app.oauth.tokens.serve((resource) => address.isOurs(resource));
  const csrf = new CsrfGuard(address);
  const form = new SignInForm(app, address, csrf);
  const reset = new ResetForm(app, csrf);
  const { asking, holding } = oauthProviders(app, address, form);
  const perMinute = limitRate({ points: app.config.rateLimitUnknown, seconds: 60 });
  const unlimited = (provider: typeof asking) => ({ provider, rateLimit: false }) as const;

  router.use('/.well-known/oauth-authorization-server', describeServer(address, [...inUse, 'admin']));
  router.use(
    PATHS.authorize,
    forPeople,
    introduceErrors(address),
    perMinute,
    urlencoded(FORM),
    refuseOddRedirects,
    authorizationHandler(unlimited(asking)),
  );
  router.post(PATHS.consent, forPeople, perMinute, urlencoded(FORM), (req, res) => form.answer(req, res));
  router
    .route(PATHS.reset)
    .all(forPeople, perMinute)
    .get((req, res) => reset.show(req, res))
    .post(urlencoded(FORM), (req, res) => reset.take(req, res));
  router.use(PATHS.token, answerUnknownClients, perMinute, urlencoded(FORM), readClientSecret, tokenHandler(unlimited(holding)));
  router.use(PATHS.revoke, answerUnknownClients, perMinute, urlencoded(FORM), readClientSecret, revocationHandler(unlimited(holding)));
  router.use(
    PATHS.register,
    answerUnknownClients,
    limitRate({ points: registrations, seconds: REGISTRATION_SECONDS }),
    clientRegistrationHandler({ clientsStore: asking.clientsStore, rateLimit: false, clientSecretExpirySeconds: 0 }),
  );
  return router;
}

/** The library lets another port of a loopback address through, and with it what it does not compare: a user, or a fragment. */
const refuseOddRedirects: express.RequestHandler = (req, res, next) => {
  const { redirect_uri: uri } = (req.method === 'POST' ? (req.body ?? {}) : req.query) as { redirect_uri?: unknown };
  const problem = typeof uri === 'string' ? problemOf(uri) : undefined;
  if (problem === undefined) return next();
  res.status(400).json({ error: 'invalid_request', error_description: `The redirect URI ${problem}.` });
};
