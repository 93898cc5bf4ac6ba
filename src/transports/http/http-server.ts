import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { App } from '../../app.js';
import { AppError } from '../../errors.js';
import type { Session } from '../../mcp/session.js';
import type { Authenticator } from '../../principal.js';
import { challengeFor, requireSignIn, withoutSignIn } from './authenticate.js';
import { createWeb } from './create-web.js';
import { hostInUrl } from './guards.js';
import { Health } from './health.js';
import { McpEndpoint } from './mcp-endpoint.js';
import { RateLimits } from './rate-limits.js';
import { Traffic } from './traffic.js';

export type Serving = Readonly<{
  /** Says who comes; without one everybody is let in. */
  authenticator: Authenticator | null;
  /** Pages and metadata for signing in, made for the address clients know. */
  pages?: (publicUrl: string) => RequestHandler;
  /** How often a stream's credential is looked at again. */
  checkStreamsMs?: number;
  /** How long a client may take to send a request. */
  requestMs?: number;
}>;

/** With the time for which a credential is remembered it makes five seconds. */
const CHECK_STREAMS_MS = 2_500;
const REQUEST_MS = 120_000;
const HEADERS_MS = 20_000;
/** Longer than proxies keep their end of an idle connection, so that they never send into one that is being closed. */
const KEEP_ALIVE_MS = 75_000;
/** A client that reads nothing for so long is gone. */
const STALLED_MS = 300_000;
/** What clients sent before they knew that the server ends is read within this time, and told so. */
const LINGER_MS = 100;

/** A server on a port. It listens before the database is open; the first call waits for that. */
export class HttpServer {
  /** Where it listens. */
  readonly url: string;
  /** Where clients reach it. */
  readonly publicUrl: string;
  readonly #app: App;
  readonly #server: Server;
  readonly #traffic: Traffic;
  readonly #health: Health;
  readonly #endpoint: McpEndpoint;
  #closing: Promise<void> | undefined;

  static async listen(app: App, serving: Serving): Promise<HttpServer> {
    const { host, port } = app.config;
    const { requestMs = REQUEST_MS } = serving;
    const extend = app.config.conformance ? (await import('../../mcp/conformance/add-fixtures.js')).addFixtures : undefined;
    const server = createServer({
      requestTimeout: requestMs,
      headersTimeout: Math.min(HEADERS_MS, requestMs),
      connectionsCheckingInterval: Math.min(30_000, requestMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    server.timeout = STALLED_MS;
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (error) {
      throw cannotListen(error, host, port);
    }
    return new HttpServer(app, server, serving, extend);
  }

  private constructor(
    app: App,
    server: Server,
    { authenticator, pages, checkStreamsMs = CHECK_STREAMS_MS }: Serving,
    extend: Session['extend'],
  ) {
    const { config, log, metrics } = app;
    const { port } = server.address() as AddressInfo;
    const anywhere = config.host === '0.0.0.0' || config.host === '::';
    this.url = `http://${anywhere ? 'localhost' : hostInUrl(config.host)}:${port}`;
    this.publicUrl = config.publicUrl ?? this.url;
    this.#app = app;
    this.#server = server;
    const challenge = challengeFor(app, this.publicUrl);
    const limits = new RateLimits({ known: config.rateLimit, unknown: config.rateLimitUnknown });
    this.#traffic = new Traffic(log, metrics);
    this.#health = new Health(app);
    this.#endpoint = new McpEndpoint(app, challenge, checkStreamsMs);
    const signIn = authenticator ? requireSignIn(app, authenticator, limits, challenge) : withoutSignIn(app, limits, extend);
    const web = createWeb({
      app,
      reach: { ...config, publicUrl: this.publicUrl, metrics },
      traffic: this.#traffic,
      health: this.#health,
      endpoint: this.#endpoint,
      signIn,
      pages: pages?.(this.publicUrl),
    });
    server.on('request', web);
    if (authenticator) void app.access.follow();
    // Why it could not be opened is what the first call will say, after another attempt.
    app.database().catch((error: unknown) => log.warn({ err: error }, 'could not open the database yet'));
  }

  /**
   * Takes no more requests, tells streams that they end, and lets calls under way finish for as long as the configuration
   * says, or until `hurry`. The app stays open.
   */
  close(hurry?: AbortSignal): Promise<void> {
    this.#closing ??= this.#close(hurry);
    return this.#closing;
  }

  async #close(hurry: AbortSignal | undefined): Promise<void> {
    const { config, changes, log } = this.#app;
    this.#health.end();
    const closed = once(this.#server, 'close');
    this.#server.close();
    const drained = this.#traffic.end();
    changes.endWaiting();
    await this.#endpoint.endStreams();
    const enough = new AbortController();
    const late = sleep(config.shutdownSeconds * 1000, 'late', {
      signal: hurry ? AbortSignal.any([enough.signal, hurry]) : enough.signal,
    }).catch(() => 'late');
    const answered = drained.then(() => sleep(LINGER_MS, undefined, { signal: enough.signal }).catch(() => undefined));
    if ((await Promise.race([answered, late])) === 'late') log.warn('some calls were still under way and were given up');
    enough.abort();
    await this.#endpoint.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function cannotListen(error: unknown, host: string, port: number): AppError {
  const { code } = error as NodeJS.ErrnoException;
  const why: Readonly<Record<string, [string, string]>> = {
    EADDRINUSE: ['something else listens there', 'End it, or choose another port with --port (0 takes a free one).'],
    EACCES: ['this user may not', 'Ports below 1024 belong to the administrator; choose another with --port.'],
    EADDRNOTAVAIL: ['this machine has no such address', 'Choose another with --host; 0.0.0.0 is all of them.'],
    ENOTFOUND: ['nobody knows that name', 'Choose an address with --host; 0.0.0.0 is all of them.'],
  };
  const [reason, hint] = why[code ?? ''] ?? [code ?? String(error), 'Choose another with --host and --port.'];
  return new AppError('unavailable', `Cannot listen on ${host}, port ${port}: ${reason}.`, { hint, cause: error });
}
