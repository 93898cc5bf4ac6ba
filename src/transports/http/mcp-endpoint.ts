import {
  type AuthInfo,
  classifyInboundRequest,
  createMcpHandler,
  isJsonContentType,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import type { App } from '../../app.js';
import { mayWait } from '../../mcp/serve-tools.js';
import { createMcpServer } from '../../mcp/server.js';
import { scopeLacking } from '../../mcp/tool-scopes.js';
import { answeringDirectly, answerModern } from './answer-modern.js';
import { authOf, type Caller, callerOf, type Handler, type HttpRequest, type HttpResponse, idOf, type Next, refuse } from './answers.js';
import type { Challenge } from './authenticate.js';
import { LegacySessions } from './legacy-sessions.js';
import { ListenStreams } from './listen-streams.js';
import { ModernCalls } from './modern-calls.js';
import { Places } from './places.js';
import { readJson } from './read-json.js';
import { StreamCheck } from './stream-check.js';

const METHODS = new Set(['GET', 'POST', 'DELETE']);
/** How often idle sessions are looked for. */
const SWEEP_MS = 30_000;

/** `/mcp`: clients of every revision, told apart by what they send. */
export class McpEndpoint {
  readonly #challenge: Challenge;
  readonly #places: Places;
  readonly #streams: StreamCheck;
  readonly #sessions: LegacySessions;
  readonly #listening: ListenStreams;
  readonly #calls = new ModernCalls();
  readonly #modern;
  readonly #sweep: NodeJS.Timeout;
  /** Reads a body; what is wrong with it is an error for the app's error handler. */
  readonly readBody: Handler;

  constructor(app: App, challenge: Challenge, checkStreamsMs: number) {
    const { config, log, metrics } = app;
    this.#challenge = challenge;
    this.#places = new Places({ max: config.sessionsMax, idleMs: config.sessionIdleMinutes * 60_000, now: () => app.clock().getTime() });
    this.#streams = new StreamCheck(checkStreamsMs, app.access);
    this.#sessions = new LegacySessions(this.#places, this.#streams, log);
    this.#listening = new ListenStreams(this.#places, this.#streams, log);
    this.#modern = createMcpHandler(
      ({ authInfo, requestInfo }) => answeringDirectly(createMcpServer(callerIn(authInfo).session), requestInfo),
      {
        legacy: 'reject',
        onerror: (error) => log.debug({ err: error }, 'protocol error'),
      },
    );
    this.#sweep = setInterval(() => this.#places.endStale(), SWEEP_MS).unref();
    this.readBody = readJson(config.maxBodyBytes);
    metrics?.watch('recollect_http_sessions', 'Sessions of clients of the older revisions.', () => this.#sessions.count);
  }

  /** To be asked before the body is read. */
  readonly checkKind = (req: HttpRequest, res: HttpResponse, next: Next): void => {
    if (!METHODS.has(req.method)) {
      res.setHeader('Allow', 'GET, POST, DELETE');
      refuse(res, 405, 'This address knows GET, POST and DELETE.');
    } else if (req.method === 'POST' && !isJsonContentType(req.headers['content-type'])) {
      refuse(res, 415, 'A message is sent as application/json; the Content-Type header says otherwise.');
    } else next();
  };

  readonly handle = async (req: HttpRequest, res: HttpResponse): Promise<void> => {
    const caller = callerOf(res);
    const { method } = (req.body ?? {}) as { method?: unknown };
    if (typeof method === 'string') res.locals.rpc = method.slice(0, 100);
    const called = toolsIn(req.body);
    const name = Array.isArray(req.body) ? undefined : called[0];
    if (name !== undefined) {
      res.locals.tool = name.slice(0, 100);
      const lacking = caller.identity.kind === 'oauth' ? scopeLacking(caller.session, name) : undefined;
      if (lacking) return this.#askForMore(caller, lacking, res, req.body);
    }
    if (called.some((tool) => mayWait(caller.session, tool))) this.#streams.guard(res, caller, () => res.destroy());
    const answer = name === undefined ? undefined : (this.#calls.take(req, res, caller.session) ?? this.#sessions.answer(req, res));
    if (answer) return answer;
    if (isLegacy(req)) return this.#sessions.handle(req, res);
    if (method === 'subscriptions/listen') return this.#listening.handle(req, res);
    await answerModern(this.#modern, req, res, authOf(res));
  };

  /** Ends what only waits for news; calls under way go on. */
  async endStreams(): Promise<void> {
    this.#sessions.endStreams();
    await this.#listening.close();
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([this.#sessions.close(), this.#listening.close(), this.#modern.close()]);
  }

  /** Who signed in may sign in again and allow more. */
  #askForMore({ identity }: Caller, lacking: string, res: HttpResponse, body: unknown): void {
    const description = `This needs the scope ${lacking}.`;
    const scopes = [...identity.principal.scopes, lacking];
    res.setHeader('WWW-Authenticate', this.#challenge(res, { error: 'insufficient_scope', description, scopes }));
    refuse(res, 403, description, { id: idOf(body) });
  }
}

/** The tools that a message calls, or the messages of a batch. */
function toolsIn(body: unknown): string[] {
  const messages = (Array.isArray(body) ? body : [body]) as ({ method?: unknown; params?: { name?: unknown } } | null | undefined)[];
  return messages.flatMap((message) => {
    const name = message?.method === 'tools/call' ? message.params?.name : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

/** Decided by the SDK's own rule: a message that claims no later revision is of the older ones. */
function isLegacy({ method, headers, body }: HttpRequest): boolean {
  const { method: asked, params } = (body ?? {}) as { method?: unknown; params?: { _meta?: unknown } };
  const claims = typeof params?._meta === 'object' && PROTOCOL_VERSION_META_KEY in (params._meta ?? {});
  // What claims one is for the SDK's handler, which also refuses it; but initialize is of the older ones unless its claim is good.
  if (method === 'POST' && claims && asked !== 'initialize') return false;
  const header = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [protocolVersionHeader, mcpMethodHeader, mcpNameHeader] = ['mcp-protocol-version', 'mcp-method', 'mcp-name'].map(header);
  const inbound = {
    httpMethod: method,
    ...(protocolVersionHeader !== undefined && { protocolVersionHeader }),
    ...(mcpMethodHeader !== undefined && { mcpMethodHeader }),
    ...(mcpNameHeader !== undefined && { mcpNameHeader }),
    body,
  };
  return classifyInboundRequest(inbound).kind === 'legacy';
}

function callerIn(auth: AuthInfo | undefined): Caller {
  const caller = auth?.extra?.caller as Caller | undefined;
  if (!caller) throw new Error('A request came without its caller.');
  return caller;
}
