import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server';
import type { Log } from '../../log.js';
import { createMcpServer } from '../../mcp/server.js';
import { Subscriptions } from '../../mcp/subscriptions.js';
import { listenedTo, watchAll } from '../listening.js';
import { answerModern } from './answer-modern.js';
import { authOf, callerOf, type HttpRequest, type HttpResponse } from './answers.js';
import type { Places } from './places.js';
import type { StreamCheck } from './stream-check.js';

const OWNER = 'listen';

/**
 * `subscriptions/listen` of revision 2026-07-28. Each has a handler of its own: in one that is shared, a change told for one
 * caller would reach everybody who named the same resource.
 */
export class ListenStreams {
  readonly #open = new Set<McpHttpHandler>();
  readonly #places: Places;
  readonly #streams: StreamCheck;
  readonly #log: Log;

  constructor(places: Places, streams: StreamCheck, log: Log) {
    this.#places = places;
    this.#streams = streams;
    this.#log = log;
  }

  async handle(req: HttpRequest, res: HttpResponse): Promise<void> {
    const caller = callerOf(res);
    const { owner, session } = caller;
    const handler = createMcpHandler(() => createMcpServer(session), {
      legacy: 'reject',
      onerror: (error) => this.#log.debug({ err: error }, 'protocol error'),
    });
    const end = () => void handler.close();
    const place = this.#places.take(owner, end);
    this.#places.use(place, res);
    const subscriptions = new Subscriptions(session);
    subscriptions.notify = (uri) => handler.notify.resourceUpdated(uri);
    this.#open.add(handler);
    res.once('close', () => {
      subscriptions.close();
      this.#open.delete(handler);
      this.#places.leave(place);
      end();
    });
    this.#streams.watch(res, caller, end);
    await watchAll(subscriptions, OWNER, listenedTo(req.body) ?? [], this.#log);
    await answerModern(handler, req, res, authOf(res));
  }

  /** Tells every client that there is no more to come. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((handler) => handler.close()));
  }
}
