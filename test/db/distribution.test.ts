import { tmpdir } from 'node:os';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectTo } from '../../bench/place.js';
import type { Database } from '../../src/db/database.js';
import { distribute, inspectDistribution, truncateCopies } from '../../src/db/distribution.js';
import { migrateUp } from '../../src/db/migrate.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { citusWorkers } from '../support/citus.js';
import { createDatabase, dropDatabase, newDatabaseName, withDatabase } from '../support/databases.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { someValues, tenantStatements } from './support/tenant-statements.js';

const server = inject('postgres');
const isCluster = server !== null && citusWorkers().length > 0;
const options = { dataDir: tmpdir(), durability: 'fast', logSql: false, poolMax: 8 } as const;

/** Asked of all servers on purpose: a key arrives before its tenant is known. */
const OF_ALL = new Set(['find_api_tokens']);

describeEngines('without Citus', (engine) => {
  it.skipIf(isCluster)('nothing is spread, and nothing can be', async () => {
    expect(await inspectDistribution(engine.db)).toBeNull();
    expect(engine.db.capabilities.sharded).toBe(false);
    await expect(distribute(engine.db, { shards: 4 })).rejects.toThrow('This database is not on a server with Citus.');
  });
});

describe.skipIf(!isCluster)('a Citus cluster (skipped unless RECOLLECT_TEST_CITUS_WORKERS names one)', () => {
  const name = newDatabaseName();
  const url = isCluster ? withDatabase(server.url, name) : '';
  const tenants = ['one', 'two', 'three', 'four', 'five', 'six'];
  let db: Database;

  const say = async (tenantId: string, text: string) =>
    (await storeFor(db, { tenantId })).turns.save({ conversationKey: 'k', messages: [{ role: 'user', content: text }] });
  const heard = async (tenantId: string) => {
    const page = await (await storeFor(db, { tenantId })).history.page({ conversationKey: 'k', limit: 100 });
    return page.messages.map(({ text }) => text);
  };

  beforeAll(async () => {
    await createDatabase(server!.url, name);
    db = await openDatabase({ ...options, url }, createLog('error'));
    await migrateUp(db, { to: '0009' });
  }, 120_000);

  afterAll(async () => {
    await db.close();
    await dropDatabase(server!.url, name);
  });

  it('takes a database that holds something and is not of the newest schema, and shows first what it would do', async () => {
    const looked = await distribute(db, { shards: 4, dryRun: true });
    expect((await inspectDistribution(db))!.tables.filter(({ placed }) => placed)).toEqual([]);
    const done = await distribute(db, { shards: 4 });
    await truncateCopies(db, done.placed);
    expect(done).toEqual(looked);
    expect(done.dropped).toEqual(['job_runs_tenant_id_fk']);
    expect((await inspectDistribution(db))!.tables.filter(({ placed }) => !placed)).toEqual([]);

    expect(await migrateUp(db)).toEqual(['0010-sign-in', '0011-citations']);
    const { tables } = (await inspectDistribution(db))!;
    expect(tables.find(({ table }) => table === 'user_login_lockouts')).toMatchObject({ key: 'tenant_id', placed: true });
    expect((await distribute(db, { shards: 4 })).placed).toEqual([]);
  }, 120_000);

  it('keeps tenants apart, on both servers', async () => {
    for (const tenantId of tenants) await say(tenantId, `said in ${tenantId}`);
    for (const tenantId of tenants) expect(await heard(tenantId)).toEqual([`said in ${tenantId}`]);
    const places = await ask(
      url,
      `select distinct nodeport from pg_dist_shard_placement p join pg_dist_shard s using (shardid)
      where s.logicalrelid = 'tenants'::regclass and s.shardid = any(
        select get_shard_id_for_distribution_column('tenants', id) from unnest('{${tenants.join()}}'::text[]) id)`,
    );
    expect(places.length).toBe(citusWorkers().length);
  }, 60_000);

  it('lets a reader of events miss none and see none twice, while several write', async () => {
    const store = await storeFor(db, { tenantId: 'reader' });
    // Far from the numbers of the other servers, so that one of theirs would be noticed.
    await ask(url, 'do $$ begin for i in 1..3000 loop perform pg_current_xact_id(); commit; end loop; end $$');
    let writing = true;
    const writers = Promise.all(
      [1, 2, 3].map(async (writer) => {
        for (let at = 0; at < 8; at++)
          await store.turns.save({ conversationKey: `w${writer}`, messages: [{ role: 'user', content: `${writer} ${at}` }] });
      }),
    ).then(() => {
      writing = false;
    });
    const seen: string[] = [];
    let cursor = '0';
    for (let last = false; !last; ) {
      last = !writing;
      const { events, nextCursor } = await store.events.poll({ after: cursor, limit: 5 });
      seen.push(...events.filter(({ messageId }) => messageId !== null).map(({ messageId }) => messageId!));
      cursor = nextCursor;
      if (events.length > 0) last = false;
    }
    await writers;
    expect(seen.length).toBe(24);
    expect(new Set(seen).size).toBe(24);
  }, 60_000);

  it('plans every statement of a tenant for the server that has it', async () => {
    const client = await connectTo({ url, dataDir: '' });
    const refused: string[] = [];
    for (const statement of await tenantStatements(client)) {
      const values = await someValues(client, statement, 'one', '019f0000-0000-7000-8000-000000000001');
      try {
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${statement.text}`, values);
        const tasks = /Task Count: (\d+)/.exec(rows.map((row) => row['QUERY PLAN']).join('\n'))?.[1] ?? '1';
        if (tasks !== '1' && !OF_ALL.has(statement.name)) refused.push(`${statement.name} asks ${tasks} shards`);
      } catch (error) {
        refused.push(`${statement.name}: ${String(error)}`);
      }
    }
    await client.end();
    expect(refused).toEqual([]);
  }, 60_000);
});

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
