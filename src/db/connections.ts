import type pg from 'pg';
import type { Sequelize } from 'sequelize';
import { AppError } from '../errors.js';
import { isConnectionLost } from './pg-errors.js';
import { ReadBatches } from './read-batches.js';
import { connectionsOf, destroySocket, takeConnection } from './sequelize-internals.js';

/** The connections of a pool: lent, and given back or thrown away. */
export class Connections {
  readonly #sequelize: Sequelize;
  readonly #clients = new Set<pg.Client>();
  readonly #reads = new ReadBatches({
    take: () => this.#take(),
    giveBack: (client) => connectionsOf(this.#sequelize).releaseConnection(client),
    discard: (client) => connectionsOf(this.#sequelize).destroyConnection(client),
  });
  #isClosed = false;

  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize;
    sequelize.addHook('afterConnect', (connection) => {
      const client = connection as pg.Client;
      this.#clients.add(client);
      client.once('end', () => this.#clients.delete(client));
    });
  }

  /** Runs `work` with a connection that nobody else has meanwhile. */
  async withOne<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const connections = connectionsOf(this.#sequelize);
    const client = await this.#take();
    try {
      const result = await work(client);
      connections.releaseConnection(client);
      return result;
    } catch (error) {
      if (isConnectionLost(error)) await connections.destroyConnection(client).catch(() => undefined);
      else connections.releaseConnection(client);
      throw error;
    }
  }

  /** Runs `read`, which sends one brief statement, with a connection that other such reads may have at the same time. */
  withShared<T>(read: (client: pg.Client) => Promise<T>): Promise<T> {
    return this.#reads.run(read);
  }

  /** Nobody is given a connection any more. */
  close(): void {
    this.#isClosed = true;
  }

  destroy(): void {
    for (const client of this.#clients) destroySocket(client);
  }

  async #take(): Promise<pg.Client> {
    if (this.#isClosed) throw new AppError('unavailable', 'The database is closed.');
    return takeConnection(this.#sequelize);
  }
}
