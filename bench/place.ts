import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { currentOwner } from '../src/db/embedded/owner.js';
import { socketTo } from '../src/db/embedded/socket-path.js';
import type { DatabaseConfig } from '../src/db/open.js';
import { startPostgres } from '../test/support/postgres-server.js';
import type { Engine } from './options.js';

/** Where one engine keeps its data during a run. */
export interface Place extends AsyncDisposable {
  readonly engine: Engine;
  readonly config: DatabaseConfig;
  /** The settings of a server process on the same data. */
  readonly env: Record<string, string>;
  /** A plain driver connection to the engine that has the data open: the floor. */
  connect(): Promise<pg.Client>;
}

const common = { durability: 'full', logSql: false, poolMax: 10 } as const;

export const createPlace = (engine: Engine): Promise<Place> => (engine === 'embedded' ? createFolder() : createServer());

async function createFolder(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'recollect-bench-'));
  const dataDir = join(folder, 'data');
  return {
    engine: 'embedded',
    config: { ...common, url: null, dataDir },
    env: { RECOLLECT_DATA_DIR: dataDir },
    connect: () => connectTo({ url: null, dataDir }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function createServer(): Promise<Place> {
  const server = await startPostgres({ durable: true });
  const database = `recollect_bench_${process.pid}`;
  const administer = async (statement: string): Promise<void> => {
    const client = await connected({ connectionString: server.url });
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${database}`);
  const url = Object.assign(new URL(server.url), { pathname: `/${database}` }).href;
  return {
    engine: 'postgres',
    config: { ...common, url, dataDir: tmpdir() },
    env: { RECOLLECT_DATABASE_URL: url },
    connect: () => connectTo({ url, dataDir: '' }),
    async [Symbol.asyncDispose]() {
      await administer(`drop database ${database} with (force)`);
      await server.stop();
    },
  };
}

/** A plain driver connection to a server, or to whoever runs the engine of a folder. */
export function connectTo({ url, dataDir }: Pick<DatabaseConfig, 'url' | 'dataDir'>): Promise<pg.Client> {
  if (url !== null) return connected({ connectionString: url });
  const owner = currentOwner(dataDir);
  if (!owner) throw new Error('Nobody has the folder open.');
  return connected({ user: 'postgres', database: 'postgres', ssl: false, stream: () => socketTo(() => owner.socketPath) });
}

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...config, pipeline: true });
  await client.connect();
  return client;
}
