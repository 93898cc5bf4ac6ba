import { QueryTypes } from 'sequelize';
import { expect, it } from 'vitest';
import { seed } from '../../src/db/seed.js';
import { describeEngines, type TestEngine } from '../support/engines.js';

const TABLES = [
  'users',
  'devices',
  'conversations',
  'messages',
  'message_events',
  'episodic_memories',
  'memory_graph_nodes',
  'memory_graph_observations',
  'memory_graph_edges',
  'tasks',
];

describeEngines('the example household', (engine) => {
  it('fills the tables people look at, and changes nothing the second time', async () => {
    const tenantId = await engine.freshTenant();
    await seed(engine.db, engine.models, { tenantId });
    const first = await rowsOf(engine, tenantId);
    for (const [table, rows] of Object.entries(first)) expect(rows.length, table).toBeGreaterThan(1);
    await seed(engine.db, engine.models, { tenantId });
    expect(await rowsOf(engine, tenantId)).toEqual(first);
  });

  it('stays as its owner left it', async () => {
    const tenantId = await engine.freshTenant();
    await seed(engine.db, engine.models, { tenantId });
    const { Message, Task, User } = engine.models;
    await Message.destroy({ where: { tenantId, clientMessageId: 'demo:bread:4' } });
    await Task.update({ status: 'done' }, { where: { tenantId } });
    await User.update({ displayName: 'M.' }, { where: { tenantId, externalId: 'mara' } });
    const changed = await rowsOf(engine, tenantId);
    await seed(engine.db, engine.models, { tenantId });
    expect(await rowsOf(engine, tenantId)).toEqual(changed);
  });

  it('has exact counters, and every text can be found', async () => {
    const tenantId = await engine.freshTenant();
    await seed(engine.db, engine.models, { tenantId });
    const wrong = await select(
      engine,
      `select c.title from conversations c
       join (select conversation_id as id, count(*) as messages, max(seq) as seq, max(turn) as turn, max(stretch) as stretch,
                    max(created_at) as last_at, (array_agg(role order by seq desc))[1] as role
             from messages where tenant_id = $1 group by 1) m on m.id = c.id
       where c.tenant_id = $1 and (c.message_count, c.last_seq, c.last_turn, c.last_stretch, c.last_role, c.last_message_at, c.last_activity_at)
         is distinct from (m.messages, m.seq, m.turn, m.stretch, m.role, m.last_at, m.last_at)`,
      tenantId,
    );
    expect(wrong).toEqual([]);
    const found = await select<{ hits: number }>(
      engine,
      `select (select count(*)::int from messages where tenant_id = $1 and search @@ to_tsquery('english', 'boiler')) as hits
       union all select count(*)::int from episodic_memories where tenant_id = $1 and search @@ to_tsquery('english', 'plumber')
       union all select count(*)::int from memory_graph_nodes where tenant_id = $1 and search @@ to_tsquery('english', 'lessons')`,
      tenantId,
    );
    expect(found.map(({ hits }) => hits)).toEqual([1, 1, 1]);
  });

  it('goes with its tenant, without a trace', async () => {
    const tenantId = await engine.freshTenant();
    await seed(engine.db, engine.models, { tenantId });
    await engine.models.Tenant.destroy({ where: { id: tenantId } });
    expect(Object.values(await rowsOf(engine, tenantId)).flat()).toEqual([]);
  });
});

const select = <T extends object>(engine: TestEngine, sql: string, tenantId: string): Promise<T[]> =>
  engine.db.sequelize.query<T>(sql, { type: QueryTypes.SELECT, bind: [tenantId] });

async function rowsOf(engine: TestEngine, tenantId: string): Promise<Record<string, object[]>> {
  const entries: [string, object[]][] = [];
  for (const table of TABLES)
    entries.push([table, await select(engine, `select * from ${table} where tenant_id = $1 order by 2, 3`, tenantId)]);
  return Object.fromEntries(entries);
}
