import { setTimeout as sleep } from 'node:timers/promises';
import { localhostAllowedHostnames, validateHostHeader } from '@modelcontextprotocol/server';
import { Router } from 'express';
import type { App } from '../../app.js';
import type { HttpRequest } from './answers.js';

/** An answer may be this old: whoever asks often costs nothing. */
const FRESH_MS = 1_000;
/** A database that takes longer is not there. */
const PATIENCE_MS = 2_000;
const PROBE = { name: 'ready', text: 'select 1 as ready' };

type State = 'ready' | 'starting' | 'unavailable' | 'ending';

/** For those who run the server: does it live, can it work, how is it doing. No sign-in, and nothing about anybody's data. */
export class Health {
  readonly router = Router();
  readonly #app: App;
  #opened = false;
  #ending = false;
  #last: { at: number; state: Promise<State> } | undefined;

  constructor(app: App) {
    this.#app = app;
    this.router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
    this.router.get('/readyz', async (_req, res) => {
      const status = await this.#state();
      if (status !== 'ready') res.setHeader('Retry-After', '2');
      res.status(status === 'ready' ? 200 : 503).json({ status });
    });
    this.router.get('/metrics', async (req, res, next) => {
      if (!app.metrics || !this.#mayRead(req as HttpRequest)) return next();
      const { contentType, body } = await app.metrics.text();
      res.setHeader('Content-Type', contentType);
      res.end(body);
    });
  }

  /** From now on nobody should send requests here. */
  end(): void {
    this.#ending = true;
  }

  #state(): Promise<State> {
    if (this.#ending) return Promise.resolve('ending');
    const now = performance.now();
    if (!this.#last || now - this.#last.at > FRESH_MS) this.#last = { at: now, state: this.#look() };
    return this.#last.state;
  }

  async #look(): Promise<State> {
    const patience = new AbortController();
    const late = sleep(PATIENCE_MS, false, { signal: patience.signal, ref: false }).catch(() => false);
    const works = this.#probe().catch((error: unknown) => {
      this.#app.log.debug({ err: error }, 'the database does not answer');
      return false;
    });
    const answered = await Promise.race([works, late]);
    patience.abort();
    if (answered) this.#opened = true;
    return answered ? 'ready' : this.#opened ? 'unavailable' : 'starting';
  }

  async #probe(): Promise<boolean> {
    const { db } = await this.#app.database();
    await db.query(PROBE, []);
    return true;
  }

  /** Only this machine, unless told otherwise: what comes through a proxy on it does not count, nor does a name that was made to point here. */
  #mayRead({ socket, headers }: HttpRequest): boolean {
    const { metrics } = this.#app.config;
    if (metrics !== 'loopback') return metrics === 'all';
    const direct = headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
    const near = /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
    return direct && near && validateHostHeader(headers.host, localhostAllowedHostnames()).ok;
  }
}
