import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const NOBODY = '00000000-0000-7000-8000-000000000000';
const idOf = async (agent: Agent, content: string, more: Record<string, unknown> = {}): Promise<string> =>
  (await agent.call('remember', { content, ...more })).memory.id;

describeEngines('forget', (engine) => {
  const newAgent = async (user?: string, tenantId?: string, clock?: () => Date) =>
    agentFor(engine, { tenantId: tenantId ?? (await engine.freshTenant()), ...(user ? { user } : {}), ...(clock ? { clock } : {}) });
  const listed = async ({ tenantId }: Agent, filter = {}): Promise<string[]> => {
    const store = await storeFor(engine.db, { tenantId });
    return (await store.memories.list(filter, { limit: 500 })).items.map(({ content }) => content);
  };
  /** What the statistics of words have been told, as pairs of a memory and whether its words come or go. */
  const told = async ({ tenantId }: Agent) =>
    (await engine.models.CorpusChange.findAll({ where: { tenantId, source: 'memory' }, order: ['changeId'] })).map(
      ({ subjectId, removed }) => [subjectId, removed === null ? 'count' : 'take back'],
    );

  it('forgets softly, and brings back', async () => {
    await using agent = await newAgent(undefined, undefined, () => new Date('2026-03-01T00:00:00Z'));
    const id = await idOf(agent, 'Ann likes tea');
    const other = await idOf(agent, 'Ann likes cake');
    const forgotten = await agent.call('forget', { memory_ids: [id] });
    expect(forgotten).toEqual({
      affected: [{ id, content: 'Ann likes tea', change: 'deleted' }],
      counts: { matched: 1, affected: 1, unchanged: 0, held: 0, conflicts: 0, not_found: 0, remaining: 0 },
      truncated: false,
      undo_until: null,
      mode: 'soft',
      dry_run: false,
    });
    expect(await listed(agent)).toEqual(['Ann likes cake']);
    const again = await agent.call('forget', { memory_ids: [id, other, NOBODY] });
    expect(again.counts).toMatchObject({ affected: 1, unchanged: 1, not_found: 1 });
    const back = await agent.call('forget', { memory_ids: [id], mode: 'restore' });
    expect(back).toMatchObject({ affected: [{ id, change: 'restored' }], undo_until: null });
    expect(await listed(agent)).toEqual(['Ann likes tea']);
    expect((await agent.call('forget', { memory_ids: [id], mode: 'restore' })).counts).toMatchObject({ affected: 0, unchanged: 1 });
  });

  it('removes for good, vectors and words with it', async () => {
    await using agent = await newAgent();
    const { tenantId } = agent;
    const id = await idOf(agent, 'Ann likes tea');
    const values = { provider: 'p', model: 'm', dimensions: 2, embedding: [1, 0] };
    await engine.models.MemoryVector.create({ tenantId, subjectType: 'memory', subjectId: id, ...values });
    expect(await told(agent)).toEqual([[id, 'count']]);
    // As if it had been counted.
    await engine.models.CorpusChange.destroy({ where: { tenantId } });
    expect((await agent.call('forget', { memory_ids: [id], mode: 'hard' })).affected).toEqual([
      { id, content: 'Ann likes tea', change: 'removed' },
    ]);
    expect(await told(agent)).toEqual([[id, 'take back']]);
    expect(await engine.models.EpisodicMemory.count({ where: { tenantId } })).toBe(0);
    expect(await engine.models.MemoryVector.count({ where: { tenantId } })).toBe(0);
    expect(await agent.refusal('forget', { memory_ids: [id], mode: 'restore' })).toMatch(/No memory/);
  });

  it('tells the statistics what comes and goes, once each', async () => {
    await using agent = await newAgent();
    const id = await idOf(agent, 'Ann likes tea');
    await idOf(agent, 'ann likes TEA');
    await agent.call('forget', { memory_ids: [id] });
    expect(await told(agent)).toEqual([]);
    await agent.call('forget', { memory_ids: [id], mode: 'hard', dry_run: true });
    await agent.call('forget', { memory_ids: [id], mode: 'restore' });
    expect(await told(agent)).toEqual([[id, 'count']]);
  });

  it('takes a filter, counts first when asked, and refuses an empty one', async () => {
    await using agent = await newAgent();
    await idOf(agent, 'Ann likes green tea', { user: 'ann', tags: ['food', 'drink'], kind: 'preference', occurred_at: '2025-01-01' });
    await idOf(agent, 'Ann likes cake', { user: 'ann', tags: ['food'], kind: 'preference' });
    await idOf(agent, 'Bob went to Rome', { user: 'bob', kind: 'event', occurred_at: '2024-06-01' });
    const matched = async (filter: Record<string, unknown>): Promise<number> => {
      const { counts, undo_until } = await agent.call('forget', { filter, dry_run: true });
      expect([counts.matched, undo_until]).toEqual([counts.affected, null]);
      return counts.matched;
    };
    expect(await matched({ user: 'ann' })).toBe(2);
    expect(await matched({ user: 'nobody' })).toBe(0);
    expect(await matched({ kinds: ['event', 'fact'] })).toBe(1);
    expect(await matched({ tags: ['drink', 'food'] })).toBe(2);
    expect(await matched({ tags: ['drink', 'food'], tags_match: 'all' })).toBe(1);
    expect(await matched({ query: 'likes teas' })).toBe(1);
    expect(await matched({ query: 'likes Rome' })).toBe(0);
    expect(await matched({ query: 'the' })).toBe(0);
    expect(await matched({ before: '2025-01-02' })).toBe(2);
    expect(await matched({ after: '2025-01-01', before: '2025-01-02' })).toBe(1);
    expect(await listed(agent)).toHaveLength(3);
    for (const filter of [{}, { tags: [] }]) expect(await agent.refusal('forget', { filter })).toMatch(/empty filter|tags/);
    expect(await agent.refusal('forget', {})).toMatch(/either/);
    expect(await agent.refusal('forget', { memory_ids: [NOBODY], filter: { user: 'ann' } })).toMatch(/either/);
    expect(await agent.refusal('forget', { filter: { everything: true } })).toMatch(/everything/);
    await agent.call('forget', { filter: { user: 'ann' } });
    expect(await listed(agent)).toEqual(['Bob went to Rome']);
    expect((await agent.call('forget', { filter: { tags: ['food'] }, mode: 'restore' })).counts.affected).toBe(2);
  });

  it('takes at most 500 in one call, and says how many are left', async () => {
    await using agent = await newAgent();
    const { tenantId } = agent;
    const rows = Array.from({ length: 520 }, (_, n) => ({ tenantId, content: `fact ${n}`, contentHash: String(n), tags: ['bulk'] }));
    await engine.models.EpisodicMemory.bulkCreate(rows as never);
    const first = await agent.call('forget', { filter: { tags: ['bulk'] } });
    expect(first.counts).toMatchObject({ matched: 520, affected: 500, remaining: 20 });
    expect([first.affected.length, first.truncated]).toEqual([50, true]);
    expect((await agent.call('forget', { filter: { tags: ['bulk'] } })).counts).toMatchObject({ matched: 20, affected: 20, remaining: 0 });
    expect((await agent.text('forget', { filter: { tags: ['bulk'] }, mode: 'hard', dry_run: true })).length).toBeLessThan(20_000);
  });

  it('undoes what was superseded by mistake, and redoes it', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    await using agent = await newAgent(undefined, undefined, () => now);
    const old = await idOf(agent, 'Ann works at Acme', { valid_to: '2027-01-01' });
    now = new Date('2026-02-01T00:00:00Z');
    const wrong = await idOf(agent, 'Ann works at Bolt', { supersedes: old });
    now = new Date('2026-03-01T00:00:00Z');
    const store = await storeFor(engine.db, { tenantId: agent.tenantId });
    const back = await agent.call('forget', { memory_ids: [old], mode: 'restore' });
    expect(back.affected).toEqual([{ id: old, content: 'Ann works at Acme', change: 'back_in_force' }]);
    expect(await listed(agent)).toEqual(['Ann works at Acme']);
    expect(await store.memories.get(old)).toMatchObject({ supersededById: null, validTo: new Date('2027-01-01') });
    for (const asOf of ['2026-01-15', '2026-02-15', '2026-04-01'])
      expect(await listed(agent, { asOf: new Date(asOf) })).toEqual(['Ann works at Acme']);
    await agent.call('forget', { memory_ids: [wrong], mode: 'restore' });
    expect(await listed(agent)).toEqual(['Ann works at Bolt']);
    expect(await listed(agent, { asOf: new Date('2026-01-15') })).toEqual(['Ann works at Acme']);
    expect(await listed(agent, { asOf: new Date('2026-02-15') })).toEqual(['Ann works at Bolt']);
  });

  it('steps back through a chain one by one', async () => {
    await using agent = await newAgent();
    const a = await idOf(agent, 'one');
    const b = await idOf(agent, 'two', { supersedes: a });
    await idOf(agent, 'three', { supersedes: b });
    expect(await agent.refusal('forget', { memory_ids: [a], mode: 'restore' })).toMatch(new RegExp(`Restore ${b} first`));
    await agent.call('forget', { memory_ids: [b], mode: 'restore' });
    await agent.call('forget', { memory_ids: [a], mode: 'restore' });
    expect(await listed(agent)).toEqual(['one']);
    await using other = await newAgent();
    const c = await idOf(other, 'one');
    const d = await idOf(other, 'two', { supersedes: c });
    await idOf(other, 'three', { supersedes: d });
    expect((await other.call('forget', { memory_ids: [c, d], mode: 'restore' })).counts.affected).toBe(2);
    expect(await listed(other)).toEqual(['one']);
  });

  it('hands on what a removed memory had superseded', async () => {
    await using agent = await newAgent();
    const a = await idOf(agent, 'The code is 1111');
    const b = await idOf(agent, 'The code is 2222', { supersedes: a });
    const c = await idOf(agent, 'The code is 3333', { supersedes: b });
    const store = await storeFor(engine.db, { tenantId: agent.tenantId });
    await agent.call('forget', { memory_ids: [b], mode: 'hard' });
    expect(await store.memories.get(a)).toMatchObject({ supersededById: c });
    expect(await store.memories.get(c)).toMatchObject({ supersedesId: null });
    const again = await idOf(agent, 'The code is 1111');
    await agent.call('forget', { memory_ids: [c], mode: 'hard' });
    expect(await store.memories.get(a)).toMatchObject({ supersededById: again });
    expect(await listed(agent)).toEqual(['The code is 1111']);
    await agent.call('forget', { memory_ids: [again], mode: 'hard' });
    expect(await store.memories.get(a)).toMatchObject({ supersededById: null });
    // It has ended, and nobody has said that it holds again.
    expect(await listed(agent)).toEqual([]);
  });

  it('does not bring back what has been said again since', async () => {
    await using agent = await newAgent();
    const first = await idOf(agent, 'Ann likes tea', { tags: ['x'] });
    await agent.call('forget', { memory_ids: [first] });
    const second = await idOf(agent, 'Ann likes tea', { tags: ['x'] });
    expect(await agent.refusal('forget', { memory_ids: [first], mode: 'restore' })).toMatch(
      new RegExp(`conflict.*${second} says the same`),
    );
    await agent.call('forget', { memory_ids: [second] });
    const { counts, affected } = await agent.call('forget', { filter: { tags: ['x'] }, mode: 'restore' });
    expect(counts).toMatchObject({ matched: 2, affected: 1, conflicts: 1 });
    expect(affected[0].id).toBe(second);
  });

  it('keeps what is under legal hold from being removed', async () => {
    await using agent = await newAgent();
    const { conversation_id, messages } = await agent.call('save_turn', { messages: [{ role: 'user', content: 'x' }] });
    const held = await idOf(agent, 'Said in court', { conversation_id });
    const evidence = await idOf(agent, 'Seen in court', { message_ids: [messages[0].id] });
    const free = await idOf(agent, 'Heard in the street');
    await agent.call('update_conversation', { conversation_id, legal_hold: true });
    const { affected, counts } = await agent.call('forget', { memory_ids: [held, evidence, free], mode: 'hard' });
    expect(affected.map(({ id }: { id: string }) => id)).toEqual([free]);
    expect(counts).toMatchObject({ matched: 3, affected: 1, held: 2 });
    expect((await agent.call('forget', { memory_ids: [held] })).counts.affected).toBe(1);
  });

  it('keeps users and tenants apart', async () => {
    const tenantId = await engine.freshTenant();
    await using ann = await newAgent('ann', tenantId);
    await using bob = await newAgent('bob', tenantId);
    await using stranger = await newAgent();
    const id = await idOf(ann, 'A secret', { tags: ['s'] });
    for (const intruder of [bob, stranger]) {
      for (const mode of ['soft', 'hard', 'restore'])
        expect(await intruder.refusal('forget', { memory_ids: [id], mode })).toMatch(/No memory/);
      expect((await intruder.call('forget', { filter: { tags: ['s'] }, mode: 'hard' })).counts.matched).toBe(0);
      const own = await idOf(intruder, 'Mine');
      expect((await intruder.call('forget', { memory_ids: [own, id], mode: 'hard' })).counts).toMatchObject({ affected: 1, not_found: 1 });
    }
    expect(await bob.refusal('forget', { filter: { user: 'ann' } })).toMatch(/one user only/);
    expect(await listed(ann)).toEqual(['A secret']);
  });
});
