import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { ConnectionAcquireTimeoutError, type Sequelize, Transaction } from 'sequelize';

/** The parts of Sequelize 6 that its types leave out and the hot path needs; everything that relies on them is in db/. */
type ConnectionManager = {
  pool: { acquire(): Promise<pg.Client> };
  getConnection(options?: { type?: 'SELECT' }): Promise<pg.Client>;
  releaseConnection(connection: pg.Client): void;
  destroyConnection(connection: pg.Client): Promise<void>;
  oidParserMap: Map<number, (value: string) => unknown>;
  lib: { Client: new (config: pg.ClientConfig) => pg.Client };
};

type TransactionState = { connection: pg.Client; finished?: 'commit' | 'rollback' };

export const connectionsOf = (sequelize: Sequelize): ConnectionManager =>
  (sequelize as unknown as { connectionManager: ConnectionManager }).connectionManager;

/**
 * Has Sequelize make its connections as they are needed here, with what its options do not pass on.
 * They send a statement before the one before it is answered. And they are listened to from the beginning: a server that ends a
 * connection with the same bytes that greet, as one does that is stopping, raised an error before Sequelize heard it, and that ended the process.
 */
export const prepareClients = (sequelize: Sequelize): void => {
  const connections = connectionsOf(sequelize);
  const { lib } = connections;
  class Client extends lib.Client {
    constructor(config: pg.ClientConfig) {
      super({ ...config, pipeline: true });
      // What Sequelize's own listener notes: the pool gives such a connection to nobody.
      this.on('error', () => Object.assign(this, { _invalid: true }));
    }
  }
  connections.lib = Object.create(lib, { Client: { value: Client } }) as typeof lib;
};

/** `getConnection` without Sequelize's hooks around it, which nobody uses and every call paid for. */
export const takeConnection = async (sequelize: Sequelize): Promise<pg.Client> => {
  try {
    return await connectionsOf(sequelize).pool.acquire();
  } catch (error) {
    throw error instanceof Error && error.constructor.name === 'TimeoutError' ? new ConnectionAcquireTimeoutError(error) : error;
  }
};

const stateOf = (transaction: Transaction): TransactionState => transaction as unknown as TransactionState;

/**
 * A transaction that models accept, on a connection where BEGIN was already said. Sequelize's own begin, commit and rollback are
 * not used: they write warnings of their own when the connection is lost, and hide at which point it was.
 */
export const openTransaction = (sequelize: Sequelize, connection: pg.Client): Transaction => {
  const transaction = new (Transaction as unknown as new (sequelize: Sequelize, options: object) => Transaction)(sequelize, {});
  stateOf(transaction).connection = connection;
  return transaction;
};

export const connectionOf = (transaction: Transaction): pg.Client => stateOf(transaction).connection;

/** Makes Sequelize refuse what still uses the transaction. */
export const finish = (transaction: Transaction, how: 'commit' | 'rollback'): void => {
  stateOf(transaction).finished = how;
};

type Wire = { connection: { stream: Duplex } };

/** Sends what `work` sends before it first waits as one piece. */
export const inOneWrite = <T>(client: pg.Client, work: () => T): T => {
  const { stream } = (client as unknown as Wire).connection;
  stream.cork();
  try {
    return work();
  } finally {
    stream.uncork();
  }
};

/** Breaks a connection at once; what runs on it fails as lost. */
export const destroySocket = (client: pg.Client): void => {
  (client as unknown as Wire).connection.stream.destroy();
};

/** Sends a model's query, in a transaction when one is given. */
export type ModelQuery = (transaction?: Transaction) => Promise<unknown>;

/**
 * The same Sequelize for models that hang on it: what they send goes through `use`, with the transaction they named. Models get
 * to the database by `sequelize.query` and by the query interface, and by nothing else.
 */
export const sequelizeWith = (
  sequelize: Sequelize,
  use: (send: ModelQuery, transaction: Transaction | null | undefined) => Promise<unknown>,
): Sequelize => {
  type Options = { transaction?: Transaction | null };
  const owner = sequelize as unknown as { query(sql: unknown, options?: Options): Promise<unknown>; queryInterface: object };
  const view = Object.create(sequelize) as Sequelize;
  const query = (sql: unknown, options?: Options): Promise<unknown> =>
    use((transaction) => owner.query(sql, transaction ? { ...options, transaction } : options), options?.transaction);
  const queryInterface = Object.create(owner.queryInterface, { sequelize: { value: view } });
  return Object.assign(view, { query, queryInterface });
};
