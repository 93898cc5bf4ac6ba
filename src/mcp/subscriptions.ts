import { AppError, invalidInput } from '../errors.js';
import { findResource } from './find-resource.js';
import { openContext, type Session } from './session.js';

/** Far more than a client shows at once; without a bound one client could make the server watch anything. */
const MAX_WATCHED = 1_000;

type Watch = { owners: Set<string>; stop: Promise<() => void> };

/** What the client of one connection wants to be told about. An owner is one request for it; `notify` reaches the client. */
export class Subscriptions {
  notify: (uri: string) => void = () => {};
  readonly #session: Session;
  readonly #watches = new Map<string, Watch>();
  readonly #ended = new AbortController();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Throws when there is no such resource for this principal, or it is of a kind that nobody is told about. */
  async add(owner: string, uri: string): Promise<void> {
    if (!this.#watches.has(uri) && this.#watches.size >= MAX_WATCHED) throw tooMany();
    const watch = this.#watches.get(uri) ?? { owners: new Set(), stop: this.#start(uri) };
    this.#watches.set(uri, watch);
    watch.owners.add(owner);
    try {
      await watch.stop;
    } catch (error) {
      if (this.#watches.get(uri) === watch) this.#watches.delete(uri);
      throw error;
    }
  }

  /** Ends what `owner` asked for: one resource, or all of them. */
  remove(owner: string, uri?: string): void {
    for (const [watched, { owners, stop }] of uri === undefined ? [...this.#watches] : this.#entry(uri)) {
      if (!owners.delete(owner) || owners.size > 0) continue;
      this.#watches.delete(watched);
      stop.then(
        (unsubscribe) => unsubscribe(),
        () => {},
      );
    }
  }

  close(): void {
    this.#ended.abort();
    for (const { owners } of [...this.#watches.values()]) for (const owner of [...owners]) this.remove(owner);
  }

  #entry(uri: string): [string, Watch][] {
    const watch = this.#watches.get(uri);
    return watch ? [[uri, watch]] : [];
  }

  async #start(uri: string): Promise<() => void> {
    const { resource, params } = findResource(this.#session, uri);
    if (!resource.conversationOf && !resource.topicOf)
      throw invalidInput(`Changes of ${uri} are not announced.`, 'Subscribe to memory://conversations/{id} or memory://knowledge-graph.');
    const context = await openContext(this.#session, this.#ended);
    // Reading it tells whether it exists for this principal; the feed does not ask.
    await resource.read(params, context);
    const topic = resource.topicOf?.(params, context) ?? resource.conversationOf?.(params) ?? '';
    const { changes, principal } = this.#session;
    return changes.subscribe(principal.tenantId, topic, () => this.notify(uri));
  }
}

const tooMany = () =>
  new AppError('quota_exceeded', `At most ${MAX_WATCHED} resources can be subscribed to on one connection.`, {
    hint: 'Unsubscribe from some.',
  });
