import { randomUUID } from 'node:crypto';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { isInitializeRequest } from '@modelcontextprotocol/server';
import type { Log } from '../../log.js';
import type { ProtocolServer } from '../../mcp/protocol-server.js';
import { createMcpServer } from '../../mcp/server.js';
import { Subscriptions } from '../../mcp/subscriptions.js';
import { authOf, type Caller, callerOf, type HttpRequest, type HttpResponse, idOf, refuse, SESSION_NOT_FOUND } from './answers.js';
import { DirectAnswers } from './direct-answers.js';
import type { Place, Places } from './places.js';
import { SessionEvents } from './session-events.js';
import type { StreamCheck } from './stream-check.js';

type Live = {
  readonly place: Place;
  readonly transport: NodeStreamableHTTPServerTransport;
  readonly direct: DirectAnswers;
  readonly events: SessionEvents;
  readonly server: ProtocolServer;
};

const GONE = 'Session not found: it has ended or never was. Begin with initialize.';
const LOST = 'What followed this Last-Event-ID is no longer kept. Open the stream without it, and read again what matters.';

/**
 * Clients of the revisions up to 2025-11-25: each has a session, from its `initialize` until it says DELETE or is idle too
 * long. A session answers its owner alone; to others its id is one that never was.
 */
export class LegacySessions {
  readonly #live = new Map<string, Live>();
  readonly #places: Places;
  readonly #streams: StreamCheck;
  readonly #log: Log;

  constructor(places: Places, streams: StreamCheck, log: Log) {
    this.#places = places;
    this.#streams = streams;
    this.#log = log;
  }

  get count(): number {
    return this.#live.size;
  }

  /** Answers a call that a session answers directly; undefined leaves the request as it is. */
  answer(req: HttpRequest, res: HttpResponse): Promise<void> | undefined {
    const id = req.headers['mcp-session-id'];
    const live = typeof id === 'string' ? this.#find(id, callerOf(res)) : undefined;
    const answer = live?.direct.take(req, res);
    if (live && answer) this.#places.use(live.place, res);
    return answer;
  }

  async handle(req: HttpRequest, res: HttpResponse): Promise<void> {
    const caller = callerOf(res);
    const id = req.headers['mcp-session-id'];
    if (id === undefined) return this.#begin(caller, req, res);
    const live = typeof id === 'string' ? this.#find(id, caller) : undefined;
    if (!live) return refuse(res, 404, GONE, { code: SESSION_NOT_FOUND, id: idOf(req.body) });
    this.#places.use(live.place, res);
    if (req.method === 'GET') {
      if (!goesOn(live, req, res)) return refuse(res, 400, LOST);
      this.#streams.watch(res, caller, () => live.place.end());
    }
    await live.transport.handleRequest(Object.assign(req, { auth: authOf(res) }), res, req.body);
  }

  /** Ends the streams that wait for something to tell; calls are answered on streams of their own. */
  endStreams(): void {
    for (const { transport } of this.#live.values()) transport.closeStandaloneSSEStream();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#live.values()].map(({ server }) => server.close()));
  }

  #find(id: string, { owner }: Caller): Live | undefined {
    const live = this.#live.get(id);
    if (!live || live.place.owner !== owner) return undefined;
    if (!this.#places.isStale(live.place)) return live;
    live.place.end();
    return undefined;
  }

  async #begin({ owner, session }: Caller, req: HttpRequest, res: HttpResponse): Promise<void> {
    if (req.method !== 'POST' || !isInitializeRequest(req.body))
      return refuse(res, 400, 'There is no Mcp-Session-Id header. A session begins with initialize; its answer names the id.', {
        id: idOf(req.body),
      });
    const id = randomUUID();
    const subscriptions = new Subscriptions(session);
    const server = createMcpServer(session, subscriptions);
    const place = this.#places.take(owner, () => {
      server.close().catch((error: unknown) => this.#log.debug({ err: error }, 'could not end a session'));
    });
    this.#places.use(place, res);
    server.onclose = () => {
      subscriptions.close();
      direct.close();
      this.#live.delete(id);
      this.#places.leave(place);
    };
    server.onerror = (error) => this.#log.debug({ err: error }, 'protocol error');
    const direct = new DirectAnswers(server, id);
    const events = new SessionEvents();
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      eventStore: events,
      onsessioninitialized: () => {
        this.#live.set(id, { place, transport, direct, events, server });
      },
    });
    await server.connect(transport);
    const deliver = transport.onmessage;
    transport.onmessage = (message, extra) => {
      deliver?.(message, extra);
      direct.heard(message);
    };
    await transport.handleRequest(Object.assign(req, { auth: authOf(res) }), res, req.body);
    if (!this.#live.has(id)) await server.close();
  }
}

/** Sees to it that a stream goes on where the client's last one broke. False when what followed is gone. */
function goesOn({ events, transport }: Live, req: HttpRequest, res: HttpResponse): boolean {
  const last = req.headers['last-event-id'];
  const named = typeof last === 'string' && last !== '' ? last : undefined;
  if (named !== undefined) {
    if (!events.knows(named)) return false;
    if (!events.isNotification(named)) return true;
    // Its connection is gone for the client, whether or not that has been noticed here.
    transport.closeStandaloneSSEStream();
  } else {
    // A stream that broke before it told anything gave the client no id to go on from.
    const unheard = events.unheard();
    if (unheard !== undefined) req.headers['last-event-id'] = unheard;
  }
  res.once('close', () => {
    if (res.statusCode === 200) events.heard();
  });
  return true;
}
