import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import type { ErasureCounts } from '../../src/repository/erasure/erasure.js';
import { erasePerson } from '../../src/services/erasure.js';
import { agentFor } from '../support/agent.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { findText, type Populated, populate } from '../support/person.js';
import { storeFor } from '../support/store.js';

const someone = () => `someone-${randomUUID()}`;

/** Every table that a person has rows in; one that is missing here was not tried. */
const TABLES = [
  'api_tokens',
  'conversations',
  'devices',
  'episodic_memories',
  'memory_graph_changes',
  'memory_graph_edges',
  'memory_graph_node_versions',
  'memory_graph_nodes',
  'memory_graph_observations',
  'memory_vectors',
  'message_assets',
  'message_events',
  'message_vectors',
  'messages',
  'oauth_grants',
  'password_reset_tokens',
  'sessions',
  'tasks',
  'user_credentials',
  'user_login_attempts',
  'user_login_lockouts',
  'users',
];

/** Where in the database anything names the person, or says what they said. What waits to be counted is counted first. */
async function traces(engine: TestEngine, { marker, externalId, id, username, email }: Populated): Promise<string[]> {
  await settled(engine);
  const found = await Promise.all([marker, externalId, id, username, email].map((text) => findText(engine, text)));
  return [...new Set(found.flat())];
}

async function settled({ db, models }: TestEngine): Promise<void> {
  for (const { id } of await models.Tenant.findAll()) await new CorpusFolder(db, () => new Date()).foldAll(id);
}

async function statisticsAreRight({ db }: TestEngine, tenantId: string): Promise<void> {
  const folder = new CorpusFolder(db, () => new Date());
  await folder.foldAll(tenantId);
  expect(await folder.verify(tenantId)).toMatchObject({ waiting: 0, wrong: 0 });
}

async function countersAreRight({ models }: TestEngine, tenantId: string): Promise<void> {
  for (const conversation of await models.Conversation.findAll({ where: { tenantId } })) {
    const messages = await models.Message.findAll({ where: { tenantId, conversationId: conversation.id } });
    expect(conversation.messageCount).toBe(messages.filter(({ deletedAt }) => deletedAt === null).length);
    expect(Number(conversation.storedBytes) > 0).toBe(messages.length > 0);
    expect(Number(conversation.inputTokens)).toBe(messages.reduce((sum, { inputTokens }) => sum + (inputTokens ?? 0), 0));
  }
}

describeEngines('erasing a person', (engine) => {
  it('leaves nothing of them in any column of any table, and everything of others', async () => {
    const tenantId = await engine.freshTenant();
    const elsewhere = await engine.freshTenant();
    const [gone, stays] = [someone(), someone()];
    const person = await populate(engine, { tenantId, user: gone });
    const other = await populate(engine, { tenantId, user: stays });
    const namesake = await populate(engine, { tenantId: elsewhere, user: someone() });
    await (await storeFor(engine.db, { tenantId, role: 'system' })).activeUser.set(gone);
    const said = await engine.models.Message.findAll({ where: { tenantId, userId: person.id } });
    const remembered = await engine.models.EpisodicMemory.findAll({ where: { tenantId, userId: person.id } });
    const before = { other: await traces(engine, other), namesake: await traces(engine, namesake) };
    expect((await traces(engine, person)).length).toBeGreaterThan(40);

    await using service = await agentFor(engine, { tenantId });
    const told = await service.call('forget_user', { user: gone });
    expect(told).toMatchObject({ user: gone, dry_run: true, held: [], held_count: 0 });
    expect(Object.keys(told.removed).sort()).toEqual(TABLES);
    const done = await service.call('forget_user', { user: person.email, dry_run: false, confirm: gone });
    expect(done).toMatchObject({ user: gone, dry_run: false, removed: told.removed });
    // Of a shared observation, a shared edge, and what somebody else remembers.
    expect(done.citations).toBeGreaterThanOrEqual(5);

    expect(await traces(engine, person)).toEqual([]);
    for (const { id, conversationId } of said)
      expect(await findText(engine, id)).toEqual(conversationId === person.elsewhere ? ['message_events.message_id'] : []);
    for (const { id } of remembered) expect(await findText(engine, id)).toEqual([]);
    expect(await traces(engine, other)).toEqual(before.other);
    expect(await traces(engine, namesake)).toEqual(before.namesake);
    expect(await service.refusal('forget_user', { user: gone })).toMatch(/^not_found/);
    await statisticsAreRight(engine, tenantId);
    await countersAreRight(engine, tenantId);

    // What the person shared with others is still there, without them.
    const history = await service.call('load_history', { conversation_id: person.elsewhere });
    expect(history.messages.map(({ content }: { content: string }) => content)).toEqual(['The others meet on Friday.']);
    const { events } = await service.call('poll_events', { after: '0', conversation_id: person.elsewhere });
    expect(events.map(({ type, after }: { type: string; after: unknown }) => [type, after])).toContainEqual(['purged', { seq: 2 }]);
    const { nodes } = await service.call('graph_query', { keys: ['Friday'], depth: 0 });
    expect(nodes[0].observations.map(({ text }: { text: string }) => text)).toEqual(['is a good day']);
  });

  it('is done to oneself by one who is bound to one user, and to nobody else', async () => {
    const tenantId = await engine.freshTenant();
    const [own, foreign] = [someone(), someone()];
    const person = await populate(engine, { tenantId, user: own });
    const other = await populate(engine, { tenantId, user: foreign });
    const before = await traces(engine, other);
    await using self = await agentFor(engine, { tenantId, user: own });
    const refused = await self.refusal('forget_user', { user: foreign, dry_run: false, confirm: foreign });
    expect(refused).toBe(await self.refusal('forget_user', { user: 'nobody-at-all', dry_run: false, confirm: 'nobody-at-all' }));
    await self.call('forget_user', { dry_run: false, confirm: own });
    expect(await traces(engine, person)).toEqual([]);
    expect(await traces(engine, other)).toEqual(before);
  });

  it('changes nothing without the external id as confirmation, letter by letter', async () => {
    const tenantId = await engine.freshTenant();
    const person = await populate(engine, { tenantId, user: someone() });
    const before = await traces(engine, person);
    await using service = await agentFor(engine, { tenantId });
    const user = person.externalId;
    for (const confirm of [undefined, 'somebody', person.email, user.toUpperCase(), user.slice(0, -1)])
      expect(await service.refusal('forget_user', { user, dry_run: false, confirm })).toMatch(/Nothing was erased/);
    expect(await service.call('forget_user', { user, confirm: user })).toMatchObject({ dry_run: true });
    expect(await traces(engine, person)).toEqual(before);
  });

  it('takes the scopes of all that goes', async () => {
    const tenantId = await engine.freshTenant();
    await using narrow = await agentFor(engine, { tenantId, scopes: new Set(['users:write', 'users:read', 'memories:write']) });
    expect(await narrow.refusal('forget_user', { user: 'anybody' })).toMatch(/^forbidden.*lacks conversations:write, graph:write/);
  });

  it.each(['conversation', 'elsewhere'] as const)('stops at a legal hold (%s), which only an administrator gets past', async (which) => {
    const tenantId = await engine.freshTenant();
    const person = await populate(engine, { tenantId, user: someone() });
    await using service = await agentFor(engine, { tenantId });
    await service.call('update_conversation', { conversation_id: person[which], legal_hold: true });
    const before = await traces(engine, person);
    const sure = { user: person.externalId, dry_run: false, confirm: person.externalId };
    expect(await service.call('forget_user', { user: person.externalId })).toMatchObject({ held: [person[which]], held_count: 1 });
    expect(await service.refusal('forget_user', sure)).toMatch(new RegExp(`^conflict.*${person[which]}`));
    expect(await service.refusal('forget_user', { ...sure, ignore_legal_hold: true })).toMatch(/^forbidden/);
    expect(await traces(engine, person)).toEqual(before);

    await using admin = await agentFor(engine, { tenantId, role: 'admin' });
    await admin.call('forget_user', { ...sure, ignore_legal_hold: true });
    expect(await traces(engine, person)).toEqual([]);
  });

  it('takes what is more than a batch: long conversations, many of them, many memories and nodes', async () => {
    const tenantId = await engine.freshTenant();
    const person = await populate(engine, { tenantId, user: someone() });
    await using self = await agentFor(engine, { tenantId, user: person.externalId });
    const messages = Array.from({ length: 100 }, (_, at) => ({ role: 'user', content: `number ${at} ${person.marker}`, input_tokens: 1 }));
    for (let call = 0; call < 11; call += 1) await self.call('save_turn', { conversation_key: 'long', messages });
    for (let call = 0; call < 60; call += 1) await self.call('save_turn', { messages: messages.slice(0, 1) });
    for (let call = 0; call < 5; call += 1)
      await self.call('graph_upsert', { nodes: messages.slice(0, 50).map(({ content }) => ({ key: `${content} ${call}` })) });
    const { EpisodicMemory } = engine.models;
    const [memory] = await EpisodicMemory.findAll({ where: { tenantId, userId: person.id }, limit: 1, raw: true });
    const chain = Array.from({ length: 1_100 }, () => randomUUID()).sort();
    const row = (id: string, at: number) => ({
      ...memory!,
      id,
      clientId: null,
      contentHash: id,
      supersedesId: chain[at - 1] ?? null,
      supersededById: null,
    });
    await EpisodicMemory.bulkCreate(chain.map(row));
    await engine.db.sequelize.query(
      `update episodic_memories m set superseded_by_id = n.id from episodic_memories n
       where m.tenant_id = $1 and n.tenant_id = $1 and n.supersedes_id = m.id and m.superseded_by_id is null`,
      { bind: [tenantId] },
    );
    await new CorpusFolder(engine.db, () => new Date()).rebuild(tenantId);

    const store = await storeFor(engine.db, { tenantId });
    const { removed } = await erasePerson(store, person.externalId, { dryRun: true });
    expect(removed).toMatchObject({ conversations: 63, memory_graph_nodes: 252, episodic_memories: 1_102 });
    const done = await erasePerson(store, person.externalId, { dryRun: false, confirm: person.externalId });
    expect(done.removed).toEqual(removed);
    expect(await traces(engine, person)).toEqual([]);
    await statisticsAreRight(engine, tenantId);
    await countersAreRight(engine, tenantId);
  });

  it('goes on where it was stopped, wherever that was', async () => {
    const tenantId = await engine.freshTenant();
    const other = await populate(engine, { tenantId, user: someone() });
    const before = await traces(engine, other);
    const store = await storeFor(engine.db, { tenantId });
    for (let batches = 0; ; batches += 1) {
      const person = await populate(engine, { tenantId, user: someone() });
      const expected = (await erasePerson(store, person.externalId, { dryRun: true })).removed;
      const stopping = new AbortController();
      let done = 0;
      let removed: ErasureCounts = {};
      const progress = (counts: ErasureCounts) => {
        removed = counts;
        if (done === batches) stopping.abort();
        done += 1;
      };
      const sure = { dryRun: false, confirm: person.externalId };
      const finished = await erasePerson(store, person.externalId, { ...sure, signal: stopping.signal, progress }).then(
        () => true,
        (error: Error) => {
          expect(error.message).toMatch(/stopped half-way/);
          return false;
        },
      );
      if (finished) break;
      await statisticsAreRight(engine, tenantId);
      await countersAreRight(engine, tenantId);
      const rest = await erasePerson(store, person.externalId, sure);
      for (const [table, rows] of Object.entries(expected)) expect((removed[table] ?? 0) + (rest.removed[table] ?? 0), table).toBe(rows);
      expect(await traces(engine, person)).toEqual([]);
    }
    expect(await traces(engine, other)).toEqual(before);
  });

  it('begins again for what is written meanwhile, and comes to an end', async () => {
    const tenantId = await engine.freshTenant();
    const person = await populate(engine, { tenantId, user: someone() });
    await using writer = await agentFor(engine, { tenantId, user: person.externalId });
    const store = await storeFor(engine.db, { tenantId });
    let writes = 0;
    const writing: Promise<unknown>[] = [];
    const progress = () => {
      writes += 1;
      if (writes % 5 === 0 && writes < 40)
        writing.push(writer.call('save_turn', { messages: [{ role: 'user', content: `still ${person.marker}` }] }));
    };
    await erasePerson(store, person.externalId, { dryRun: false, confirm: person.externalId, progress });
    // Those that came too late were refused.
    await Promise.allSettled(writing);
    expect(await writer.refusal('save_turn', { messages: [{ role: 'user', content: 'hello' }] })).toMatch(/^unavailable.*has been removed/);
    expect(await traces(engine, person)).toEqual([]);
    await statisticsAreRight(engine, tenantId);
  });
});
