import { fileURLToPath } from 'node:url';
import type { Log } from '../../log.js';
import type { Database, EngineFacts, Statement } from '../database.js';
import { createDataDir, POSTGRES_MAJOR } from './data-dir.js';
import { tryFolderLock } from './leader-lock.js';
import { joinMembers, listMembers } from './membership.js';
import { currentOwner } from './owner.js';
import type { Durability } from './pglite-engine.js';
import { SharedFolder } from './shared-folder.js';

export type EmbeddedConfig = Readonly<{ dataDir: string; durability: Durability; logSql: boolean; poolMax: number }>;

/** Made by the build beside the built files, and used only by them: a template is of the sources it was built from. */
const BUILT_TEMPLATE = import.meta.url.endsWith('.ts') ? null : fileURLToPath(new URL('../../../template/data.tar.gz', import.meta.url));

/** Opens a data folder that other processes may have open too. */
export const openEmbedded = async (config: EmbeddedConfig, log: Log, templateFile = BUILT_TEMPLATE): Promise<Database> => {
  const dataDir = createDataDir(config.dataDir);
  const folder = new SharedFolder({ dataDir, durability: config.durability, templateFile }, log);
  // The driver takes as long to load as the engine to start: both at once.
  const [{ PooledDatabase }] = await Promise.all([import('../pooled-database.js'), folder.ready()]);
  const membership = joinMembers(dataDir);
  const database = new PooledDatabase(
    {
      connection: {
        client: { user: 'postgres', database: 'postgres', host: 'localhost', port: 5432, ssl: false, stream: () => folder.socket() },
        poolMax: config.poolMax,
        logSql: config.logSql,
        beforeConnect: () => folder.ready(),
        settings: 'preset',
      },
      concurrentTransactions: false,
      serverMajor: POSTGRES_MAJOR,
      // The kernel's, and not the engine's: for the engine all processes are one session, which locks nobody out.
      async tryLock(name) {
        const lock = await tryFolderLock(dataDir, `job-${name}`);
        return lock && { lost: NEVER, release: () => lock.release() };
      },
      describe: (db) => describe(db, dataDir, folder, config.durability),
      async close() {
        await folder.close();
        membership.leave();
      },
    },
    log,
  );
  try {
    await database.detectCapabilities();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
};

/** What the kernel gave stays ours while the process lives. */
const NEVER = new AbortController().signal;

const describe = async (database: Database, dataDir: string, folder: SharedFolder, durability: Durability): Promise<EngineFacts> => {
  const [row] = await database.query<{ version: string; extensions: EngineFacts['extensions']; walBytes: number; databaseBytes: number }>(
    FACTS,
    [],
  );
  const owner = currentOwner(dataDir);
  return {
    engine: 'embedded',
    version: row?.version ?? '',
    location: dataDir,
    role: folder.role,
    processes: listMembers(dataDir).map(({ pid, since }) => ({ pid, since, role: pid === owner?.pid ? 'leader' : 'follower' })),
    extensions: row?.extensions ?? [],
    details: {
      durability,
      leaderSince: owner?.since ?? null,
      socket: owner?.socketPath ?? null,
      databaseBytes: row?.databaseBytes ?? null,
      walSinceCheckpointBytes: row?.walBytes ?? null,
    },
  };
};

const FACTS: Statement = {
  name: 'embedded_facts',
  text: `select version() as version,
  (select coalesce(json_agg(json_build_object('name', extname, 'version', extversion) order by extname), '[]') from pg_extension) as extensions,
  pg_wal_lsn_diff(pg_current_wal_insert_lsn(), (select redo_lsn from pg_control_checkpoint()))::float8 as "walBytes",
  pg_database_size(current_database())::float8 as "databaseBytes"`,
};
