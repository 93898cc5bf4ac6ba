import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.js';
import type { Connection } from './create-sequelize.js';

type Handler = (payload: string) => void;

const RECONNECT_MS = 250;

/** One connection of its own for every channel; it comes back by itself after the connection is lost. */
export class Listener {
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #connection: Connection;
  readonly #log: Log;
  #client: Promise<pg.Client> | undefined;
  #closed = false;

  constructor(connection: Connection, log: Log) {
    this.#connection = connection;
    this.#log = log;
  }

  async listen(channel: string, handler: Handler): Promise<() => Promise<void>> {
    const known = this.#handlers.get(channel);
    const handlers = known ?? new Set();
    // In a set of wrappers, so that one function may listen twice.
    const own: Handler = (payload) => handler(payload);
    handlers.add(own);
    this.#handlers.set(channel, handlers);
    if (this.#client === undefined) await this.#connect();
    else if (!known) await (await this.#client).query(`listen ${pg.escapeIdentifier(channel)}`);
    return async () => {
      handlers.delete(own);
      if (handlers.size > 0 || this.#handlers.get(channel) !== handlers) return;
      this.#handlers.delete(channel);
      const client = await this.#client?.catch(() => undefined);
      await client?.query(`unlisten ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #connect(): Promise<pg.Client> {
    const connecting = this.#open();
    this.#client = connecting;
    connecting.catch(() => {
      if (this.#client === connecting) this.#client = undefined;
    });
    return connecting;
  }

  async #open(): Promise<pg.Client> {
    await this.#connection.beforeConnect?.();
    const client = new pg.Client(this.#connection.client);
    client.on('error', (error) => this.#log.debug({ err: error }, 'the listening connection failed'));
    client.on('notification', ({ channel, payload }) => {
      for (const handler of this.#handlers.get(channel) ?? []) handler(payload ?? '');
    });
    await client.connect();
    client.once('end', () => void this.#reconnect());
    for (const channel of this.#handlers.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    return client;
  }

  async #reconnect(): Promise<void> {
    while (!this.#closed && this.#handlers.size > 0) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        this.#log.debug({ err: error }, 'cannot listen yet');
        await sleep(RECONNECT_MS, undefined, { ref: false });
      }
    }
    this.#client = undefined;
  }
}
