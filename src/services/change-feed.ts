import type { Log } from '../log.js';

/** Where changes come from: the events in the database are the truth, announcements are hints that may be lost. */
export type ChangeSource = Readonly<{
  listen(onHint: (tenantId: string) => void): Promise<() => Promise<void>>;
  announce(tenantId: string): Promise<void>;
  /**
   * Which of these topics, conversations by their ids and graphs, changed after `mark` was handed out; a null mark only hands out the
   * first one. A change is reported once and never missed, however the transactions that made them overlap.
   */
  changedSince(tenantId: string, mark: string | null, topics: readonly string[]): Promise<{ mark: string; changed: string[] }>;
}>;

type Handler = () => void;
type Tenant = { handlers: Map<string, Set<Handler>>; mark: string | null; reading: Promise<void> | undefined; again: boolean };

/** A lost hint delays a change by this much. */
const POLL_MS = 2_000;
/** Under a stream of writes: how often hints go out and subscribers read. Each announcement is a commit of its own. */
const SPACING_MS = 100;
/** Listening goes on for a while after the last subscriber left: the next one usually follows. */
const LINGER_MS = 5_000;

/**
 * Tells subscribers in this process that a conversation or a graph changed, whichever process changed it. Writers call `wrote` after
 * their commit. Nothing runs while nobody is subscribed, and nothing here keeps the process alive.
 */
export class ChangeFeed {
  readonly #open: () => Promise<ChangeSource>;
  readonly #log: Log;
  readonly #tenants = new Map<string, Tenant>();
  readonly #waiting = new Map<string, Set<Handler>>();
  readonly #unannounced = new Set<string>();
  #announcing: NodeJS.Timeout | undefined;
  #polling: NodeJS.Timeout | undefined;
  #leaving: NodeJS.Timeout | undefined;
  #listening: Promise<() => Promise<void>> | undefined;
  #interested = 0;
  #ending = false;
  #closed = false;

  constructor(open: () => Promise<ChangeSource>, log: Log) {
    this.#open = open;
    this.#log = log;
  }

  /** To be called after a commit that left events behind, or changed a graph. */
  wrote(tenantId: string): void {
    if (this.#closed) return;
    this.#wake(tenantId);
    this.#unannounced.add(tenantId);
    this.#announcing ??= setTimeout(() => void this.#announce(), SPACING_MS).unref();
  }

  /** Calls `handler` after each change of the topic from now on. Ask first whether the subscriber may see it. */
  async subscribe(tenantId: string, topic: string, handler: Handler): Promise<() => void> {
    const tenant = this.#tenants.get(tenantId) ?? { handlers: new Map(), mark: null, reading: undefined, again: false };
    this.#tenants.set(tenantId, tenant);
    const handlers = tenant.handlers.get(topic) ?? new Set();
    tenant.handlers.set(topic, handlers);
    handlers.add(handler);
    const leave = this.#join();
    let subscribed = true;
    const unsubscribe = () => {
      if (!subscribed) return;
      subscribed = false;
      handlers.delete(handler);
      if (handlers.size === 0) tenant.handlers.delete(topic);
      if (tenant.handlers.size === 0 && this.#tenants.get(tenantId) === tenant) this.#tenants.delete(tenantId);
      leave();
    };
    try {
      if (tenant.mark === null) await this.#read(tenantId, tenant);
    } catch (error) {
      unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  /**
   * Resolves when something was written for the tenant, when `signal` aborts, or after `ms`, but at the latest after two
   * seconds, because hints can be lost. Call it before looking and await it after finding nothing: then no write slips through.
   */
  waitFor(tenantId: string, signal: AbortSignal, ms: number): Promise<void> {
    if (this.#ending || signal.aborted || ms <= 0) return Promise.resolve();
    const leave = this.#join();
    const waiting = this.#waiting.get(tenantId) ?? new Set();
    this.#waiting.set(tenantId, waiting);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        waiting.delete(done);
        if (waiting.size === 0 && this.#waiting.get(tenantId) === waiting) this.#waiting.delete(tenantId);
        leave();
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, POLL_MS)).unref();
      signal.addEventListener('abort', done, { once: true });
      waiting.add(done);
    });
  }

  /** Nobody waits any more: whoever did should answer with what there is. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Lets go whoever waits, for good; subscribers are told of changes until the feed is closed. */
  endWaiting(): void {
    this.#ending = true;
    for (const waiting of [...this.#waiting.values()]) for (const done of [...waiting]) done();
  }

  /** Lets everybody go. To be called before the database is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.endWaiting();
    clearTimeout(this.#announcing);
    clearTimeout(this.#leaving);
    clearInterval(this.#polling);
    const reading = [...this.#tenants.values()].map(({ reading }) => reading);
    this.#tenants.clear();
    await Promise.allSettled([...reading, this.#stopListening()]);
  }

  #join(): () => void {
    this.#interested += 1;
    clearTimeout(this.#leaving);
    this.#listening ??= this.#listen();
    this.#polling ??= setInterval(() => this.#wakeSubscribers(), POLL_MS).unref();
    return () => {
      this.#interested -= 1;
      if (this.#interested > 0 || this.#closed) return;
      clearInterval(this.#polling);
      this.#polling = undefined;
      this.#leaving = setTimeout(() => void this.#stopListening(), LINGER_MS).unref();
    };
  }

  async #listen(): Promise<() => Promise<void>> {
    try {
      return await (await this.#open()).listen((tenantId) => this.#wake(tenantId));
    } catch (error) {
      this.#log.debug({ err: error }, 'no notifications of changes; polling only');
      return async () => {};
    }
  }

  async #stopListening(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    try {
      await (await listening)?.();
    } catch (error) {
      this.#log.debug({ err: error }, 'could not stop listening for changes');
    }
  }

  async #announce(): Promise<void> {
    const tenants = [...this.#unannounced];
    this.#unannounced.clear();
    try {
      const source = await this.#open();
      for (const tenantId of tenants) await source.announce(tenantId);
    } catch (error) {
      this.#log.debug({ err: error }, 'a change was not announced; readers find it by polling');
    }
    const more = this.#unannounced.size > 0 && !this.#closed;
    this.#announcing = more ? setTimeout(() => void this.#announce(), SPACING_MS).unref() : undefined;
  }

  #wakeSubscribers(): void {
    for (const tenantId of this.#tenants.keys()) this.#wake(tenantId);
  }

  #wake(tenantId: string): void {
    for (const done of [...(this.#waiting.get(tenantId) ?? [])]) done();
    const tenant = this.#tenants.get(tenantId);
    if (!tenant) return;
    this.#read(tenantId, tenant).catch((error: unknown) => this.#log.debug({ err: error }, 'could not read changes; trying again'));
  }

  /** One read at a time for a tenant; whoever asks during one gets another after it. */
  #read(tenantId: string, tenant: Tenant): Promise<void> {
    if (tenant.reading) tenant.again = true;
    tenant.reading ??= this.#readAll(tenantId, tenant).finally(() => {
      tenant.reading = undefined;
    });
    return tenant.reading;
  }

  async #readAll(tenantId: string, tenant: Tenant): Promise<void> {
    do {
      tenant.again = false;
      const source = await this.#open();
      const { mark, changed } = await source.changedSince(tenantId, tenant.mark, [...tenant.handlers.keys()]);
      tenant.mark = mark;
      for (const topic of changed) for (const handler of [...(tenant.handlers.get(topic) ?? [])]) handler();
      if (tenant.again) await new Promise((resolve) => setTimeout(resolve, SPACING_MS).unref());
    } while (tenant.again && !this.#closed);
  }
}
