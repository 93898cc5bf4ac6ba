import type { Duplex } from 'node:stream';
import type pg from 'pg';
import type { Sequelize, Transaction } from 'sequelize';

/** The parts of Sequelize 6 that its types leave out and the hot path needs; everything that relies on them is in db/. */
type ConnectionManager = {
  getConnection(options?: { type?: 'SELECT' }): Promise<pg.Client>;
  releaseConnection(connection: pg.Client): void;
  destroyConnection(connection: pg.Client): Promise<void>;
  oidParserMap: Map<number, (value: string) => unknown>;
};

type OpenTransaction = { connection: pg.Client; finished?: 'commit' | 'rollback'; cleanup(): void; forceCleanup(): Promise<void> };

export const connectionsOf = (sequelize: Sequelize): ConnectionManager =>
  (sequelize as unknown as { connectionManager: ConnectionManager }).connectionManager;

export const internalsOf = (transaction: Transaction): OpenTransaction => transaction as unknown as OpenTransaction;

/** Breaks a connection at once; what runs on it fails as lost. */
export const destroySocket = (client: pg.Client): void => {
  (client as unknown as { connection: { stream: Duplex } }).connection.stream.destroy();
};
