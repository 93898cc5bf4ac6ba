import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import type pg from 'pg';
import { pgDataOf } from '../src/db/embedded/data-dir.js';
import { DurableNodeFS } from '../src/db/embedded/durable-fs.js';
import { openDatabase } from '../src/db/open.js';
import { createLog } from '../src/log.js';
import { conversationOf, tenantOf } from './load.js';
import type { Operation } from './operations.js';
import type { Place } from './place.js';
import type { Row } from './report.js';
import { startServer } from './server.js';
import { type Contender, takeTurns } from './timing.js';
import { capture, openStore, type Sent } from './workload.js';

type Effort = { samples: number; warmUp: number };

/** Times the operations on the data of one place: by the repository in this process, and by a server process over stdio. */
export async function measureCalls(place: Place, size: number, operations: readonly Operation[], effort: Effort): Promise<Row[]> {
  const [conversationId, tenantId] = [conversationOf(size), tenantOf(size)];
  const rows: Row[] = [];
  await using raw = place.config.url === null ? await openRaw(place.config.dataDir) : null;
  const db = await openDatabase(place.config, createLog('error'));
  const floorOf = (operation: Operation, send: (sent: Sent) => Promise<unknown>): Contender => ({
    async prepare() {
      const sent = await capture(db, tenantId, (store) => operation.inProcess(store, conversationId));
      return () => send(sent);
    },
  });
  const row = { engine: place.engine, size };
  try {
    const store = await openStore(db, tenantId);
    const client = await place.connect();
    for (const operation of operations) {
      const { measured, floor, pglite } = await takeTurns(
        {
          measured: { prepare: async () => () => operation.inProcess(store, conversationId) },
          floor: floorOf(operation, byDriver(client)),
          ...(raw ? { pglite: floorOf(operation, ({ statement, values }) => raw.pglite.query(statement.text, [...values])) } : {}),
        } as Record<'measured' | 'floor' | 'pglite', Contender>,
        effort,
      );
      rows.push({
        ...row,
        what: operation.name,
        where: 'in process',
        measured,
        floor,
        pglite: pglite ?? null,
        limit: { times: operation.limit },
      });
    }
    await client.end();
  } finally {
    await db.close();
  }

  await using server = await startServer({ ...place.env, RECOLLECT_TENANT: tenantId });
  await server.call('list_conversations', {});
  const client = await place.connect();
  try {
    for (const operation of operations) {
      const { tool, args } = operation.overStdio(conversationId);
      const { measured, floor } = await takeTurns(
        { measured: { prepare: async () => () => server.call(tool, args) }, floor: floorOf(operation, byDriver(client)) },
        effort,
      );
      rows.push({ ...row, what: operation.name, where: 'over stdio', measured, floor, pglite: null, limit: null });
    }
    const { ping } = await takeTurns({ ping: { prepare: async () => () => server.ping() } }, effort);
    rows.push({ ...row, what: 'ping', where: 'over stdio', measured: ping, floor: null, pglite: null, limit: null });
  } finally {
    await client.end();
  }
  return rows;
}

const byDriver =
  (client: pg.Client) =>
  ({ statement: { name, text }, values }: Sent): Promise<unknown> =>
    client.query({ name, text, values: [...values] });

/** PGlite in this process on a copy of the folder, as durable as ours. */
async function openRaw(dataDir: string): Promise<{ pglite: PGlite } & AsyncDisposable> {
  const copy = await mkdtemp(join(tmpdir(), 'recollect-bench-raw-'));
  await cp(pgDataOf(dataDir), copy, { recursive: true });
  const startParams = PGlite.defaultStartParams.filter((param) => param !== '-F');
  const pglite = await PGlite.create({
    fs: new DurableNodeFS(copy),
    startParams: [...startParams, '-c', 'wal_sync_method=fsync'],
    extensions: { btree_gin },
  });
  return {
    pglite,
    async [Symbol.asyncDispose]() {
      await pglite.close();
      await rm(copy, { recursive: true, force: true });
    },
  };
}
