import { setFlagsFromString } from 'node:v8';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { hstore } from '@electric-sql/pglite/contrib/hstore';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { vector } from '@electric-sql/pglite-pgvector';
import { DurableNodeFS } from './durable-fs.js';
import type { Engine } from './engine.js';

export type Durability = 'full' | 'fast';

/** The engine's WebAssembly instance is beyond use: the thread must end and the folder be opened again. */
export class EngineCrashed extends Error {}

const LONGJMP_STATUS = 100;

/**
 * How much of a function V8 runs before it optimises it. At the 1.8 million of Node 20 it optimises so many in the first seconds that calls
 * wait for it wherever a processor is short (docs/decisions.md).
 */
const OPTIMISE_AFTER = 60_000_000;

// The buffers are taken as they are filled: a small folder never has them all, and with 24 MB a recall in 100,000 messages took a fifth longer.
const SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '64MB',
  // Pages are in memory, or on a disk without a head to move: at the usual 4 small tables were read whole instead of by their indexes.
  random_page_cost: '1.1',
  wal_sync_method: 'fsync',
  min_wal_size: '32MB',
  max_wal_size: '64MB',
  client_min_messages: 'warning',
  timezone: 'UTC',
};

export type PgliteEngine = Engine & {
  /** How often a file was forced to the disk since the start. */
  syncs(): number;
  close(): Promise<void>;
};

export const openPglite = async (pgData: string, durability: Durability): Promise<PgliteEngine> => {
  setFlagsFromString(`--wasm-tiering-budget=${OPTIMISE_AFTER}`);
  const fs = durability === 'full' ? new DurableNodeFS(pgData) : new NodeFS(pgData);
  const startParams = [
    ...PGlite.defaultStartParams.filter((param) => durability === 'fast' || param !== '-F'),
    ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const pglite = await PGlite.create({ fs, startParams, extensions: { vector, btree_gin, pg_trgm, unaccent, hstore } });
  const crash = watchForCrash(pglite);
  return {
    execute(messages) {
      const chunks: Buffer[] = [];
      // Runs and answers before it returns: the promise is only about a file system that needs copying afterwards.
      void pglite.execProtocolRawStream(messages, { syncToFs: false, onRawData: (bytes) => void chunks.push(Buffer.from(bytes)) });
      if (crash.error) throw crash.error;
      return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    },
    syncs: () => (fs instanceof DurableNodeFS ? fs.syncs : 0),
    close: () => pglite.close(),
  };
};

/** PGlite swallows every exception of its main loop; all but PostgreSQL's own error jump mean that memory is in an unknown state. */
const watchForCrash = (pglite: PGlite): { error: EngineCrashed | null } => {
  const crash: { error: EngineCrashed | null } = { error: null };
  const module = pglite.Module as unknown as { _PostgresMainLoopOnce(): void };
  const mainLoopOnce = module._PostgresMainLoopOnce;
  module._PostgresMainLoopOnce = () => {
    try {
      mainLoopOnce();
    } catch (error) {
      if ((error as { status?: unknown }).status !== LONGJMP_STATUS)
        crash.error ??= new EngineCrashed('the embedded engine crashed', { cause: error });
      throw error;
    }
  };
  return crash;
};
