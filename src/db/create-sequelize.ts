import type pg from 'pg';
import { Sequelize } from 'sequelize';
import type { Log } from '../log.js';
import { prepareClients } from './sequelize-internals.js';

export type Connection = Readonly<{
  /** How one connection is made: the pool and the listener use the same. */
  client: Readonly<pg.ClientConfig>;
  poolMax: number;
  logSql: boolean;
  /** Runs before each new connection and may take its time. */
  beforeConnect?: () => Promise<void>;
  /** Whether every connection sets its time zone and message level itself, or the engine was started with them. */
  settings: 'own' | 'preset';
}>;

/** Sequelize's postgres dialect over plain `pg`, for every engine. */
export const createSequelize = ({ client, poolMax, logSql, beforeConnect, settings }: Connection, log: Log): Sequelize => {
  const { user, password, host, port, database, ...dialectOptions } = client;
  const sequelize = new Sequelize({
    dialect: 'postgres',
    username: user ?? '',
    password: typeof password === 'string' ? password : '',
    host: host ?? 'localhost',
    port: port ?? 5432,
    database: database ?? '',
    dialectOptions: settings === 'preset' ? { ...dialectOptions, clientMinMessages: 'ignore' } : dialectOptions,
    keepDefaultTimezone: settings === 'preset',
    define: { underscored: true },
    logging: logSql ? (sql: string) => log.info({ sql }, 'sql') : false,
    pool: { max: poolMax, min: 0, idle: 60_000, acquire: 30_000, evict: 10_000 },
    // Above the oldest version Sequelize warns about; without it a connection is made and dropped only to ask.
    databaseVersion: '14.0.0',
  } as ConstructorParameters<typeof Sequelize>[0] & object);
  prepareClients(sequelize);
  if (beforeConnect) sequelize.addHook('beforeConnect', beforeConnect);
  return sequelize;
};
