import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { conversationOf, load, tenantOf } from '../../bench/load.js';
import { connectTo } from '../../bench/place.js';
import type { Database, Statement } from '../../src/db/database.js';
import { prepareSchema } from '../../src/db/migrate.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { type Agent, agentFor } from '../support/agent.js';
import type { TestEngine } from '../support/engines.js';
import { createOwnedDatabase, type OwnedDatabase } from '../support/logins.js';
import { RecordingDatabase, type SentStatement } from '../support/recording-database.js';
import { someValues, tenantStatements } from './support/tenant-statements.js';

const SIZE = 20_000;
const [tenantId, conversationId] = [tenantOf(SIZE), conversationOf(SIZE)];

/** Calls of the hot paths, with the statements that carry each and the indexes these must be answered by. */
const CALLS: Record<string, { args: Record<string, unknown>; indexes: Record<string, string[]> }> = {
  save_turn: {
    args: { conversation_id: conversationId, messages: [{ role: 'user', content: 'An orchid.', client_message_id: 'x' }] },
    indexes: { save_turn: ['conversations_pk', 'messages_client_message_id_key', 'messages_pk'] },
  },
  load_history: {
    args: { conversation_id: conversationId, limit: 50 },
    indexes: { load_history: ['messages_seq_key', 'conversations_pk'] },
  },
  list_conversations: { args: {}, indexes: { list_conversations: ['conversations_last_activity_at_idx'] } },
  recall: {
    args: { query: 'orchid marathon' },
    indexes: {
      read_recall: ['corpus_terms_pk'],
      turn_candidates: ['messages_search_idx', 'messages_seq_key'],
      load_recalled: ['messages_pk', 'episodic_memories_pk', 'memory_graph_nodes_pk'],
    },
  },
  search_messages: {
    args: { query: 'orchid marathon', conversation_id: conversationId },
    indexes: { conversation_candidates: ['messages_search_idx'], load_hits: ['messages_pk'] },
  },
  graph_query: { args: { query: 'orchid' }, indexes: {} },
  search_nodes: { args: { query: 'Orchid Society' }, indexes: { read_knowledge_containing: ['memory_graph_nodes_pk'] } },
  get_stats: { args: {}, indexes: {} },
  list_tasks: { args: {}, indexes: {} },
  get_context: { args: { conversation_id: conversationId, query: 'orchid' }, indexes: {} },
};

const server = inject('postgres');

describe.skipIf(!server)('plans under policies, in a tenant with many messages', () => {
  const sent: SentStatement[] = [];
  let place: OwnedDatabase;
  let db: Database;
  /** The same without policies: by a login that is exempt from them. */
  let exempt: Database;
  let agent: Agent;

  beforeAll(async () => {
    place = await createOwnedDatabase(server!.url, { createRole: true });
    const config = { dataDir: '.', durability: 'fast', logSql: false, poolMax: 4 } as const;
    db = await openDatabase({ ...config, url: place.url, rowSecurityRole: place.tenantRole }, createLog('error'));
    await prepareSchema(db, { autoMigrate: true });
    exempt = await openDatabase({ ...config, url: place.adminUrl, rowSecurity: 'off' }, createLog('error'));
    const loader = await connectTo({ url: place.adminUrl, dataDir: '' });
    await load(loader, SIZE, () => {});
    await loader.query(FILL, [tenantId]);
    await loader.end();
    await new CorpusFolder(db, () => new Date()).rebuild(tenantId);
    await place.admin('analyze');
    agent = await agentFor({ db: new RecordingDatabase(db, sent) } as unknown as TestEngine, { tenantId });
  }, 120_000);

  afterAll(async () => {
    await agent[Symbol.asyncDispose]();
    await db.close();
    await exempt.close();
    await place[Symbol.asyncDispose]();
  });

  it('are those without policies', async () => {
    expect(db.capabilities.rowSecurity).toBe(true);
    for (const [tool, { args }] of Object.entries(CALLS)) await agent.call(tool, args);
    const statements = new Map(sent.map(({ statement, values }) => [statement.name, { statement, values }]));
    expect(statements.size).toBeGreaterThan(20);
    for (const { statement, values } of statements.values()) {
      const under = await scansOf(db.forTenant(tenantId), statement, values);
      expect(under, statement.name).toEqual(await scansOf(exempt, statement, values));
    }
  });

  it.each(Object.entries(CALLS).filter(([, { indexes }]) => Object.keys(indexes).length > 0))(
    '%s is answered by indexes',
    async (tool, { args, indexes }) => {
      sent.length = 0;
      await agent.call(tool, args);
      for (const [name, expected] of Object.entries(indexes)) {
        const found = sent.find(({ statement }) => statement.name === name);
        expect(found, name).toBeDefined();
        expect(await scansOf(db.forTenant(tenantId), found!.statement, found!.values), name).toEqual(expect.arrayContaining(expected));
      }
    },
  );

  it('are, for every statement there is, those without policies', async () => {
    await using client = await connected(place.adminUrl);
    const statements = await tenantStatements(client);
    expect(statements.length).toBeGreaterThan(150);
    expect(statements.map(({ name }) => name).sort()).toEqual([...new Set(statements.map(({ name }) => name))].sort());
    const different: unknown[] = [];
    for (const statement of statements) {
      const values = await someValues(client, statement, tenantId, conversationId);
      const plans = [db.forTenant(tenantId), exempt].map((database) => scansOf(database, statement, values));
      const [under, without] = (await Promise.allSettled(plans)).map((plan) =>
        plan.status === 'fulfilled' ? plan.value.sort() : { refused: String(plan.reason), values },
      );
      const isPlanned = Array.isArray(under) && Array.isArray(without);
      const isSame = isPlanned && (under.join() === without.join() || ESTIMATED.has(statement.name));
      if (!isSame) different.push({ name: statement.name, under, without });
    }
    expect(different).toEqual([]);
  }, 60_000);

  it('of brief statements only read', async () => {
    await using client = await connected(place.adminUrl);
    const brief = (await tenantStatements(client)).filter((statement) => statement.brief);
    expect(brief.length).toBeGreaterThan(0);
    for (const statement of brief) {
      const scans = await scansOf(db.forTenant(tenantId), statement, await someValues(client, statement, tenantId, conversationId));
      expect(scans.length, statement.name).toBeGreaterThan(0);
      expect(scans.join(), statement.name).not.toMatch(/ModifyTable/);
    }
  });

  it('read all rows of the tenant where a policy meets a search, which is why a search runs as the owner', async () => {
    const text = `select id from messages where tenant_id = $1 and search @@ 'orchid'::tsquery`;
    const tenant = db.forTenant(tenantId);
    expect(await scansOf(tenant, { name: 'as_owner', text, asOwner: true }, [tenantId])).toContain('messages_search_idx');
    expect(await scansOf(tenant, { name: 'as_tenant', text }, [tenantId])).not.toContain('messages_search_idx');
  });
});

/** What it finds by an expression, or in order: which is better is estimated, and the owner of a table with policies estimates otherwise. */
const ESTIMATED = new Set(['list_login_attempts']);

async function connected(url: string) {
  const client = await connectTo({ url, dataDir: '' });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; Plans?: Plan[] };
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** The indexes a statement looks into, and the tables it looks at, in the order of its plan. */
async function scansOf(database: Database, statement: Statement, values: readonly unknown[]): Promise<string[]> {
  const explain = { ...statement, name: `explain_${statement.name}`, text: `explain (format json) ${statement.text}` };
  const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain, values);
  return nodesOf(row!['QUERY PLAN'][0].Plan).flatMap(
    (node) => node['Index Name'] ?? (node['Relation Name'] ? [`${node['Node Type']} ${node['Relation Name']}`] : []),
  );
}

/** Enough of everything for an index to be worth it, few of them with the words that are looked for; and other conversations. */
const FILL = `
with memory as (
  insert into episodic_memories (tenant_id, id, content, content_hash, source, message_ids, search)
  select $1, gen_random_uuid(), 'memory ' || n, md5(n::text), 'agent', case when n % 97 = 0 then array[gen_random_uuid()] else '{}' end,
         to_tsvector('english', 'note ' || n || case when n % 997 = 0 then ' orchid' else ' ' || md5(n::text) end)
  from generate_series(1, 20000) n
),
node as (
  insert into memory_graph_nodes (tenant_id, id, key, search)
  select $1, gen_random_uuid(), 'node ' || n, to_tsvector('english', 'node ' || n || case when n % 997 = 0 then ' orchid' else ' ' || md5(n::text) end)
  from generate_series(1, 20000) n
  returning tenant_id, id
),
numbered as (select id, lead(id) over (order by id) as next, row_number() over (order by id) as n from node),
observation as (
  insert into memory_graph_observations (tenant_id, id, node_id, text, text_hash, evidence)
  select $1, gen_random_uuid(), id, 'said ' || n, md5(n::text), case when n % 97 = 0 then array[gen_random_uuid()] else '{}' end from numbered
),
edge as (
  insert into memory_graph_edges (tenant_id, id, source_id, target_id, type, evidence)
  select $1, gen_random_uuid(), id, next, 'knows', case when n % 97 = 0 then array[gen_random_uuid()] else '{}' end from numbered where next is not null
),
task as (insert into tasks (tenant_id, id, title) select $1, gen_random_uuid(), 'task ' || n from generate_series(1, 5000) n),
attempt as (
  insert into user_login_attempts (tenant_id, id, identifier, succeeded, attempted_at)
  select $1, gen_random_uuid(), 'name-' || n, false, timestamptz '2023-01-01' + n * interval '1 minute' from generate_series(1, 5000) n
),
person as (insert into users (tenant_id, id, external_id) select $1, gen_random_uuid(), 'user-' || n from generate_series(1, 5000) n)
insert into conversations (tenant_id, id, title, last_activity_at)
select $1, gen_random_uuid(), 'talk ' || n, timestamptz '2023-01-01' + n * interval '1 minute' from generate_series(1, 1000) n`;
