import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Database } from '../../src/db/database.js';
import { withJobLock } from '../../src/db/job-lock.js';
import { prepareSchema } from '../../src/db/migrate.js';
import { openDatabase } from '../../src/db/open.js';
import { createVectorIndex } from '../../src/db/vector-index.js';
import { type Agent, agentFor } from '../support/agent.js';
import type { TestEngine } from '../support/engines.js';
import { createOwnedDatabase, type OwnedDatabase } from '../support/logins.js';
import { configOf, quiet } from './support/folder.js';
import { TransactionPooler } from './support/transaction-pooler.js';

const server = inject('postgres');
const CONNECTIONS = 3;

describe.skipIf(!server)('a server behind a pooler of transactions', () => {
  let place: OwnedDatabase;
  let pooler: TransactionPooler;
  let db: Database;

  beforeAll(async () => {
    place = await createOwnedDatabase(server!.url, { createRole: true });
    pooler = await TransactionPooler.start(place.url, CONNECTIONS);
    db = await openDatabase(configOf('', { url: pooler.url, rowSecurityRole: place.tenantRole }), quiet);
    await prepareSchema(db, { autoMigrate: true });
  });

  afterAll(async () => {
    await db.close();
    pooler[Symbol.dispose]();
    await place[Symbol.asyncDispose]();
  });

  const agentOf = async (tenantId: string): Promise<Agent> => {
    await db.sequelize.query(`insert into tenants (id, name) values ('${tenantId}', '${tenantId}') on conflict do nothing`);
    return agentFor({ db } as unknown as TestEngine, { tenantId });
  };

  it('loses statements that somebody prepared by name: what is shown here is shown with such a one', async () => {
    const client = new pg.Client({ connectionString: pooler.url });
    await client.connect();
    const ask = async () => {
      for (let time = 0; time <= CONNECTIONS; time += 1) await client.query({ name: 'mine', text: 'select 1' });
    };
    await expect(ask()).rejects.toThrow('prepared statement "mine" does not exist');
    await client.end();
  });

  it('is noticed, and told of', async () => {
    expect(db.capabilities).toMatchObject({ sessions: false, concurrentTransactions: true });
    expect((await db.describe()).details.pooler).toMatch(/without prepared statements/);
    const direct = await openDatabase(configOf('', { url: place.url }), quiet);
    expect(direct.capabilities.sessions).toBe(true);
    expect((await direct.describe()).details).not.toHaveProperty('pooler');
    await direct.close();
  });

  it('serves tenants under their policies, side by side', async () => {
    expect(db.capabilities.rowSecurity).toBe(true);
    await using ann = await agentOf('ann');
    await using bob = await agentOf('bob');
    const live = async (agent: Agent, word: string) => {
      for (let turn = 0; turn < 8; turn += 1) {
        await agent.call('save_turn', { conversation_key: 'k', messages: [{ role: 'user', content: `${word} number ${turn}` }] });
        await agent.call('remember', { content: `The ${word} of day ${turn} was good.` });
        const { hits } = await agent.call('recall', { query: word });
        expect(hits.length).toBeGreaterThan(0);
      }
      await agent.call('graph_upsert', {
        nodes: [{ key: word }, { key: 'garden' }],
        edges: [{ source: word, target: 'garden', type: 'in' }],
      });
      await agent.call('graph_delete', { keys: [word] });
      const { messages } = await agent.call('load_history', { conversation_key: 'k' });
      return messages.map(({ content }: { content: string }) => content);
    };
    const said = (word: string) => Array.from({ length: 8 }, (_, turn) => `${word} number ${turn}`);
    expect(await Promise.all([live(ann, 'orchid'), live(bob, 'walnut')])).toEqual([said('orchid'), said('walnut')]);
    expect((await ann.call('recall', { query: 'walnut' })).hits.filter(({ text }: { text: string }) => text.includes('walnut'))).toEqual(
      [],
    );

    const count = { name: 'count_messages', text: 'select count(*)::int as count from messages' };
    expect(await db.forTenant('ann').query(count, [])).toEqual([{ count: 8 }]);
    expect(await db.query(count, [])).toEqual([{ count: 16 }]);
  });

  it('leaves neither role, tenant, lock nor setting on what it lends', async () => {
    const held = await withJobLock(db, 'pooled', new AbortController().signal, () =>
      withJobLock(db, 'pooled', new AbortController().signal, async () => 'twice'),
    );
    expect(held).toEqual({ result: null });
    const name = 'message_vectors_hnsw_of_a_pooler_2_idx';
    await Promise.all([1, 2].map(() => createVectorIndex(db, name, 'on message_vectors (dimensions)')));
    const state = {
      name: 'what_is_left',
      text: `select current_setting('role') as role, coalesce(nullif(current_setting('app.tenant', true), ''), '-') as tenant,
               current_setting('statement_timeout') as timeout, (select count(*)::int from pg_locks where locktype = 'advisory') as locks,
               (select count(*)::int from pg_prepared_statements where name <> 'mine') as prepared, to_regclass($1)::text as index`,
    };
    for (let time = 0; time < 2 * CONNECTIONS; time += 1)
      expect(await db.query(state, [name])).toEqual([{ role: 'none', tenant: '-', timeout: '0', locks: 0, prepared: 0, index: name }]);
  });

  it('is not listened through, where nobody would hear anything', async () => {
    const stop = await db.listen('pooled', () => {});
    const [row] = await db.query<{ listening: number }>(
      {
        name: 'who_listens',
        text: `select count(*)::int as listening from pg_stat_activity where query like 'listen %' and datname = current_database()`,
      },
      [],
    );
    expect(row).toEqual({ listening: 0 });
    await stop();
  });
});
