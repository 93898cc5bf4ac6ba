import type { Request, Response } from 'express';
import type { App } from '../../../app.js';
import { AppError } from '../../../errors.js';
import type { AuthorizationRequest, Refusal } from '../../../services/oauth/consent.js';
import { OAuthProblem } from '../../../services/oauth/problem.js';
import { describeRedirect } from '../../../services/oauth/redirect-uris.js';
import { consentPage } from './consent-page.js';
import type { CsrfGuard } from './csrf.js';
import { answerAddress, answerClient } from './oauth-answers.js';
import { sendPage } from './page.js';
import { problemPage } from './problem-page.js';
import type { PublicAddress } from './public-address.js';
import { type Asker, signInPage } from './sign-in-page.js';

type Asked = Readonly<{ request: AuthorizationRequest; clientName: string | null; state: string | undefined }>;
type Fields = Readonly<Record<string, unknown>>;
type Problem = { message: string; status: number; retryAfter?: number };

const BUSY_SECONDS = 5;

/**
 * The two pages. The first carries the whole request as hidden fields and comes back with a name and a password to the
 * address it came from, where the request is checked once more as if it were new: nothing has to be kept, and nothing signed,
 * for people who never sign in. Who did is asked on the second page, under a token that stands for the question in the database.
 */
export class SignInForm {
  readonly #app: App;
  readonly #address: PublicAddress;
  readonly #csrf: CsrfGuard;

  constructor(app: App, address: PublicAddress, csrf: CsrfGuard) {
    this.#app = app;
    this.#address = address;
    this.#csrf = csrf;
  }

  /** Answers an authorization request whose client and redirect URI are known to be good. */
  async handle(req: Request, res: Response, asked: Asked): Promise<void> {
    const body = (req.method === 'POST' ? (req.body ?? {}) : {}) as Fields;
    if (body.password === undefined) return this.#show(req, res, asked, {});
    const identifier = textOf(body.identifier);
    const shown = { identifier, tenant: body.tenant === undefined ? undefined : textOf(body.tenant) };
    if (!this.#csrf.accepts(req, body.csrf)) return this.#show(req, res, asked, { ...shown, problem: STALE });
    if (identifier.trim() === '' || textOf(body.password) === '') {
      return this.#show(req, res, asked, { ...shown, problem: { message: 'Enter a name and a password.', status: 400 } });
    }
    await this.#signIn(req, res, asked, { ...shown, password: textOf(body.password) });
  }

  /** Takes the answer to the question. */
  async answer(req: Request, res: Response): Promise<void> {
    const { consent: token, state, decision, role, scope, csrf } = (req.body ?? {}) as Fields;
    if (typeof token !== 'string' || !this.#csrf.accepts(req, csrf)) return sendPage(res, problemPage(403, STALE.message));
    const issuer = this.#address.of(req);
    const stateOf = typeof state === 'string' ? state : undefined;
    const { consent } = this.#app.oauth;
    if (decision !== 'allow') {
      const denied = await consent.deny(token);
      if (!denied) return sendPage(res, problemPage(400, OVER));
      const answer = { error: 'access_denied', error_description: 'The request was denied.', state: stateOf };
      return answerClient(res, issuer, denied.redirectUri, answer);
    }
    try {
      const allowed = await consent.allow(token, { role: textOf(role), scopes: [scope ?? []].flat().map(textOf) });
      if (!allowed) return sendPage(res, problemPage(400, OVER));
      answerClient(res, issuer, allowed.redirectUri, { code: allowed.code, state: stateOf });
    } catch (error) {
      if (!(error instanceof OAuthProblem)) throw error;
      const question = await consent.question(token);
      if (!question) return sendPage(res, problemPage(400, OVER));
      sendPage(
        res,
        consentPage({ asker: askerOf(question), question, csrf: this.#csrf.tokenFor(req, res), state: stateOf, problem: error.message }),
      );
    }
  }

  async #signIn(
    req: Request,
    res: Response,
    asked: Asked,
    typed: { identifier: string; tenant: string | undefined; password: string },
  ): Promise<void> {
    const { consent } = this.#app.oauth;
    const { id, ask } = await consent.tenant();
    const from = { address: req.ip ?? null, userAgent: req.get('user-agent')?.slice(0, 200) ?? null, oauthClient: asked.request.clientId };
    const attempt = { tenantId: ask ? (typed.tenant ?? id) : id, identifier: typed.identifier, password: typed.password, client: from };
    const result = await consent.signIn(asked.request, attempt).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'unavailable') return { busy: error };
      throw error;
    });
    if ('question' in result) {
      const { question } = result;
      return sendPage(res, consentPage({ asker: askerOf(question), question, csrf: this.#csrf.tokenFor(req, res), state: asked.state }));
    }
    const problem =
      'busy' in result
        ? { message: `${result.busy.message} Try again in a moment.`, status: 503, retryAfter: BUSY_SECONDS }
        : this.#refused(result.refused);
    await this.#show(req, res, asked, { identifier: typed.identifier, tenant: typed.tenant, problem });
  }

  #refused({ message, retryAt, reason }: Refusal): Problem {
    if (retryAt === null) return { message, status: reason === 'wrong' ? 401 : 403 };
    return { message, status: 429, retryAfter: (retryAt.getTime() - this.#app.clock().getTime()) / 1_000 };
  }

  async #show(
    req: Request,
    res: Response,
    asked: Asked,
    typed: { identifier?: string; tenant?: string | undefined; problem?: Problem },
  ): Promise<void> {
    const { request, clientName, state } = asked;
    const { id, ask } = await this.#app.oauth.consent.tenant();
    const refusal = { error: 'access_denied', error_description: 'Nobody signed in.', state };
    sendPage(
      res,
      signInPage({
        asker: askerOf({ ...request, clientName }),
        fields: {
          response_type: 'code',
          client_id: request.clientId,
          redirect_uri: request.redirectUri,
          code_challenge: request.codeChallenge,
          code_challenge_method: 'S256',
          resource: request.resource,
          scope: request.scopes.length > 0 ? request.scopes.join(' ') : undefined,
          state,
        },
        csrf: this.#csrf.tokenFor(req, res),
        tenant: { id: typed.tenant ?? id, ask },
        identifier: typed.identifier,
        problem: typed.problem,
        cancel: answerAddress(this.#address.of(req), request.redirectUri, refusal),
      }),
    );
  }
}

const STALE: Problem = {
  message: 'This page was open for too long, or your browser does not keep cookies for it. Try again.',
  status: 403,
};
const OVER = 'This request was answered already, or it has expired.';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const askerOf = ({ clientName, clientId, redirectUri }: { clientName: string | null; clientId: string; redirectUri: string }): Asker => ({
  name: clientName,
  clientId,
  redirect: describeRedirect(redirectUri),
});
