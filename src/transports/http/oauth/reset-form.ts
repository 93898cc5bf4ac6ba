import type { Request, Response } from 'express';
import type { App } from '../../../app.js';
import { AppError } from '../../../errors.js';
import type { CsrfGuard } from './csrf.js';
import { sendPage } from './page.js';
import { resetDonePage, resetPage } from './reset-page.js';

type Problem = { messages: readonly string[]; status: number; retryAfter?: number };
type Asked = { tenant: string | undefined; token: string };

const BUSY_SECONDS = 5;
const STALE = 'This page was open for too long, or your browser does not keep cookies for it. Try again.';

/**
 * The page where a token of `recollect user reset` is redeemed. Looking at it uses nothing up: programs that show what a link leads to do.
 * What is wrong with a token is never said, nor whether its tenant is there.
 */
export class ResetForm {
  readonly #app: App;
  readonly #csrf: CsrfGuard;

  constructor(app: App, csrf: CsrfGuard) {
    this.#app = app;
    this.#csrf = csrf;
  }

  async show(req: Request, res: Response): Promise<void> {
    await this.#send(req, res, askedIn(req.query), undefined);
  }

  async take(req: Request, res: Response): Promise<void> {
    const body = (req.body ?? {}) as Record<string, unknown>;
    const asked = askedIn(body);
    const refuse = (problem: Problem) => this.#send(req, res, asked, problem);
    if (!this.#csrf.accepts(req, body.csrf)) return refuse({ messages: [STALE], status: 403 });
    const password = textOf(body.password);
    if (password !== textOf(body.again)) return refuse({ messages: ['The two passwords do not agree. Nothing was changed.'], status: 400 });
    try {
      const { username } = await this.#app.passwordResets.redeem(await this.#tenantOf(asked), asked.token, password);
      sendPage(res, resetDonePage(username));
    } catch (error) {
      await refuse(problemOf(error));
    }
  }

  async #send(req: Request, res: Response, asked: Asked, problem: Problem | undefined): Promise<void> {
    const { ask } = await this.#app.oauth.consent.tenant();
    const tenant = await this.#tenantOf(asked);
    const holder = await this.#holderOf(tenant, asked.token);
    const spent = asked.token !== '' && !holder ? { messages: [SPENT], status: 400 } : undefined;
    const csrf = this.#csrf.tokenFor(req, res);
    sendPage(res, resetPage({ csrf, rules: this.#app.config, tenant: { id: tenant, ask }, holder, problem: problem ?? spent }));
  }

  async #holderOf(tenant: string, token: string): Promise<{ token: string; username: string } | undefined> {
    if (token === '') return undefined;
    try {
      return { token, username: (await this.#app.passwordResets.account(tenant, token)).username };
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthenticated') return undefined;
      throw error;
    }
  }

  async #tenantOf({ tenant }: Asked): Promise<string> {
    return tenant ?? (await this.#app.oauth.consent.tenant()).id;
  }
}

const SPENT = 'This link or token is unknown, was used, or has expired. Ask an administrator for a new one.';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const askedIn = ({ tenant, token }: Record<string, unknown>): Asked => ({
  tenant: typeof tenant === 'string' && tenant !== '' ? tenant : undefined,
  token: textOf(token).trim().slice(0, 200),
});

function problemOf(error: unknown): Problem {
  if (!(error instanceof AppError)) throw error;
  if (error.code === 'unauthenticated') return { messages: [SPENT], status: 400 };
  if (error.code === 'unavailable') return { messages: [`${error.message} Try again in a moment.`], status: 503, retryAfter: BUSY_SECONDS };
  if (error.code === 'invalid_input') return { messages: error.message.split(/\n(?: {2}- )?/), status: 400 };
  throw error;
}
