import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.js';

/** Carries word between the processes on one database. */
export type AccessSource = Readonly<{
  listen(onWord: () => void): Promise<() => Promise<void>>;
  announce(): Promise<void>;
}>;

/** How long to wait for a database that cannot be listened to yet. */
const AGAIN_MS = 5_000;

/**
 * Word that somebody lost access, so that whoever remembers who was let in looks again: in this process before `changed` returns, in
 * others that follow as soon as the database tells them. Word may be lost, so nothing is remembered longer than its own limit.
 */
export class AccessChanges {
  readonly #source: () => Promise<AccessSource>;
  readonly #log: Log;
  readonly #handlers = new Set<() => void>();
  readonly #ended = new AbortController();
  #following: Promise<() => Promise<void>> | undefined;

  constructor(source: () => Promise<AccessSource>, log: Log) {
    this.#source = source;
    this.#log = log;
  }

  /** Calls `handler` after each change from now on. */
  onChange(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  /** Does what takes access away, and says so whatever becomes of it: a part of it may be committed when it fails. */
  async after<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.changed();
    }
  }

  /** To be called after what was changed is committed. */
  async changed(): Promise<void> {
    this.#tell();
    try {
      await (await this.#source()).announce();
    } catch (error) {
      this.#log.debug({ err: error }, 'lost access was not announced; others see it when they look again');
    }
  }

  /** Hears of changes that other processes make, until it is closed; from when on it does so is for who wants to wait. */
  follow(): Promise<unknown> {
    this.#following ??= this.#listen();
    return this.#following;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await (await this.#following)?.();
    this.#handlers.clear();
  }

  async #listen(): Promise<() => Promise<void>> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        return await (await this.#source()).listen(() => this.#tell());
      } catch (error) {
        this.#log.debug({ err: error }, 'no word of lost access from other processes yet');
        await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    return async () => {};
  }

  #tell(): void {
    for (const handler of [...this.#handlers]) handler();
  }
}
