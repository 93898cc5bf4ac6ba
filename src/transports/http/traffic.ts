import { randomUUID } from 'node:crypto';
import type { Log } from '../../log.js';
import type { Metrics } from '../../metrics.js';
import type { HttpRequest, HttpResponse, Next } from './answers.js';
import { refuse } from './answers.js';
import { WaitingAnswers } from './waiting-answers.js';

/** An id that a proxy or a client gave, if it is fit for a log. */
const GIVEN_ID = /^[\w.:+/=-]{1,128}$/;
const ROUTES = new Set(['/mcp', '/healthz', '/readyz', '/metrics']);
/** Asked every few seconds by machines; nobody wants to read that. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/** Every request passes here first and last: it gets an id, a line in the log and its place in the figures, and at the end is waited for. */
export class Traffic {
  readonly #log: Log;
  readonly #metrics: Metrics | undefined;
  readonly #open = new Set<HttpResponse>();
  readonly #waiting = new WaitingAnswers();
  #ending = false;
  #drained: (() => void) | undefined;

  constructor(log: Log, metrics: Metrics | undefined) {
    this.#log = log;
    this.#metrics = metrics;
    metrics?.watch('recollect_http_requests_in_flight', 'Requests that are being answered.', () => this.#calls().length);
    metrics?.watch('recollect_http_streams', 'Streams that are open.', () => this.#open.size - this.#calls().length);
  }

  readonly handle = (req: HttpRequest, res: HttpResponse, next: Next): void => {
    const start = performance.now();
    // Asked for now: a connection that has broken has no address any more.
    const address = req.ip;
    const given = req.headers['x-request-id'];
    const requestId = typeof given === 'string' && GIVEN_ID.test(given) ? given : randomUUID();
    res.locals.requestId = requestId;
    res.setHeader('X-Request-Id', requestId);
    this.#open.add(res);
    this.#waiting.watch(req, res);
    res.once('close', () => this.#closed(req, res, address, performance.now() - start));
    if (this.#ending) {
      res.setHeader('Connection', 'close');
      refuse(res, 503, 'The server is shutting down.', { retryAfter: 5 });
    } else next();
  };

  /** From now on requests are turned away. Resolves when those under way are answered, streams apart. */
  async end(): Promise<void> {
    this.#ending = true;
    for (const res of this.#open) if (!res.headersSent && this.#waiting.isLast(res)) res.setHeader('Connection', 'close');
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.#look();
    });
  }

  #calls(): HttpResponse[] {
    return [...this.#open].filter((res) => !res.locals.stream);
  }

  #look(): void {
    if (this.#drained && this.#calls().length === 0) this.#drained();
  }

  #closed(req: HttpRequest, res: HttpResponse, address: string | undefined, ms: number): void {
    this.#open.delete(res);
    this.#look();
    const { requestId, caller, rpc, tool, stream } = res.locals;
    // Without the query: it may hold a code of somebody who signs in.
    const path = req.originalUrl.split('?', 1)[0]!;
    this.#metrics?.requestAnswered(ROUTES.has(path) ? path : 'other', req.method, res.statusCode, stream ? null : ms / 1000);
    this.#log[QUIET.has(path) ? 'debug' : 'info'](
      {
        requestId,
        method: req.method,
        path,
        status: res.statusCode,
        ms: Math.round(ms * 10) / 10,
        address,
        ...(caller && { credential: caller.identity.credentialId, tenant: caller.identity.principal.tenantId }),
        ...(rpc !== undefined && { rpc }),
        ...(tool !== undefined && { tool }),
        ...(stream && { stream }),
        ...(!res.writableFinished && { aborted: true }),
      },
      'request',
    );
  }
}
