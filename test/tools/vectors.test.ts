import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

const MODEL = 'mine';
type Hit = { message_id?: string; memory_id?: string; score: number };

describeEngines('vectors toolset', (engine) => {
  const newAgent = async (user?: string, tenantId?: string) =>
    agentFor(engine, { tenantId: tenantId ?? (await engine.freshTenant()), ...(user ? { user } : {}) });
  const say = async (agent: Agent, contents: string[], more: object = {}): Promise<string[]> => {
    const messages = contents.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
    const saved = await agent.call('save_turn', { messages, ...more });
    return saved.messages.map(({ id }: { id: string }) => id);
  };
  const memoryOf = async (agent: Agent) => {
    const content = `a memory ${randomUUID()}`;
    return (await engine.models.EpisodicMemory.create({ tenantId: agent.tenantId, content, contentHash: content })).id;
  };
  const found = async (agent: Agent, values: number[], more: object = {}): Promise<(string | undefined)[]> =>
    (await agent.call('query_vectors', { values, model: MODEL, ...more })).hits.map(
      ({ message_id, memory_id }: Hit) => message_id ?? memory_id,
    );

  it('keeps vectors, replaces them, and finds what is nearest', async () => {
    await using agent = await newAgent();
    const [cat, dog] = await say(agent, ['a cat', 'a dog']);
    const memory = await memoryOf(agent);
    const vectors = [
      { message_id: cat, model: MODEL, values: [1, 0], metadata: { kind: 'pet', n: 1 } },
      { message_id: dog, model: MODEL, values: [0, 5] },
      { memory_id: memory, model: MODEL, values: [1, 1] },
    ];
    expect(await agent.call('upsert_vectors', { vectors })).toMatchObject({ created: 3, replaced: 0 });
    expect(await agent.call('upsert_vectors', { vectors: vectors.slice(0, 1) })).toMatchObject({ created: 0, replaced: 1 });
    expect(await found(agent, [2, 0.1])).toEqual([cat, dog]);
    const both = { subjects: ['message', 'memory'] };
    const { hits } = await agent.call('query_vectors', { values: [1, 0], model: MODEL, ...both });
    expect(hits.map(({ message_id, memory_id, score }: Hit) => [message_id ?? memory_id, score])).toEqual([
      [cat, 1],
      [memory, expect.closeTo(Math.SQRT1_2, 3)],
      [dog, 0],
    ]);
    expect(hits[0]).toMatchObject({ text: 'a cat', role: 'user', seq: 1, metadata: { kind: 'pet', n: 1 } });
    expect(await found(agent, [1, 0], { metadata: { kind: 'pet' } })).toEqual([cat]);
    expect(await found(agent, [1, 0], { metadata: { kind: 'plant' } })).toEqual([]);
    expect(await found(agent, [1, 0], { min_score: 0.5, ...both })).toEqual([cat, memory]);
    expect(await found(agent, [1, 0], { roles: ['assistant'] })).toEqual([dog]);
    expect(await agent.text('query_vectors', { values: [1, 0], model: 'other' })).toMatch(/Nothing is near/);
    expect(await found(agent, [1, 0], { provider: 'else' })).toEqual([]);
    expect(await found(agent, [1, 0, 0])).toEqual([]);
  });

  it('finds the best of several vectors of one message, and those that came with a turn', async () => {
    await using agent = await newAgent();
    const [long] = await say(agent, ['a long one']);
    const part = (key: string, values: number[]) => ({ message_id: long, model: MODEL, key, values });
    await agent.call('upsert_vectors', { vectors: [part('1', [1, 0]), part('2', [0, 1])] });
    const { messages } = await agent.call('save_turn', {
      messages: [{ role: 'user', content: 'x', embedding: { model: MODEL, values: [1, 1] } }],
    });
    expect(await found(agent, [0, 1])).toEqual([long, messages[0].id]);
  });

  it('pages without repeating or leaving out', async () => {
    await using agent = await newAgent();
    const ids = await say(
      agent,
      Array.from({ length: 9 }, (_, at) => `text ${at}`),
    );
    await agent.call('upsert_vectors', { vectors: ids.map((message_id, at) => ({ message_id, model: MODEL, values: [10, at] })) });
    const pages: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { hits: Hit[]; next_cursor: string | null } = await agent.call('query_vectors', {
        values: [1, 0],
        model: MODEL,
        limit: 4,
        ...(cursor ? { cursor } : {}),
      });
      pages.push(...page.hits.map(({ message_id }) => message_id!));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(pages).toEqual(ids);
    const { next_cursor } = await agent.call('query_vectors', { values: [1, 0], model: MODEL, limit: 4 });
    expect(await agent.refusal('query_vectors', { values: [0, 1], model: MODEL, limit: 4, cursor: next_cursor })).toMatch(
      /other arguments/,
    );
  });

  it('forgets the vectors of what is deleted or edited', async () => {
    await using agent = await newAgent();
    const [edited, hidden, gone] = await say(agent, ['one', 'two', 'three']);
    await agent.call('upsert_vectors', {
      vectors: [edited, hidden, gone].map((message_id) => ({ message_id, model: MODEL, values: [1, 0] })),
    });
    await agent.call('edit_message', { message_id: edited, content: 'something else' });
    await agent.call('delete_message', { message_id: hidden });
    await agent.call('delete_message', { message_id: gone, mode: 'hard' });
    expect(await found(agent, [1, 0])).toEqual([]);
    await agent.call('delete_message', { message_id: hidden, mode: 'restore' });
    expect(await found(agent, [1, 0])).toEqual([hidden]);
  });

  it('deletes by subject, conversation and model, after a look if asked', async () => {
    await using agent = await newAgent();
    const [one, two] = await say(agent, ['one', 'two']);
    const [other] = await say(agent, ['other']);
    const memory = await memoryOf(agent);
    const conversation_id = (await agent.call('get_message', { message_id: other })).message.conversation_id;
    const vectors = [
      ...[one, two, other].map((message_id) => ({ message_id, model: MODEL, values: [1, 0] })),
      { message_id: one, model: 'second', values: [1] },
      { memory_id: memory, model: MODEL, values: [1, 0] },
    ];
    await agent.call('upsert_vectors', { vectors });
    const remove = async (args: object) => (await agent.call('delete_vectors', args as Record<string, unknown>)).deleted;
    expect(await remove({ model: MODEL, dry_run: true })).toEqual({ messages: 3, memories: 1 });
    expect(await remove({ message_ids: [one], model: MODEL })).toEqual({ messages: 1, memories: 0 });
    expect(await remove({ conversation_id })).toEqual({ messages: 1, memories: 0 });
    expect(await found(agent, [1, 0], { subjects: ['message', 'memory'] })).toEqual([two, memory].sort());
    expect(await remove({ memory_ids: [memory] })).toEqual({ messages: 0, memories: 1 });
    expect(await remove({ memory_ids: [memory] })).toEqual({ messages: 0, memories: 0 });
    expect(await remove({ model: 'second' })).toEqual({ messages: 1, memories: 0 });
    expect(await found(agent, [1, 0])).toEqual([two]);
  });

  it('leaves vectors alone that the server made', async () => {
    await using agent = await newAgent();
    const [id] = await say(agent, ['one']);
    const { conversation_id } = (await agent.call('get_message', { message_id: id })).message;
    const own = { tenantId: agent.tenantId, messageId: id!, conversationId: conversation_id, provider: 'api', model: MODEL };
    await engine.models.MessageVector.create({ ...own, dimensions: 2, embedding: [1, 0] });
    expect((await agent.call('delete_vectors', { model: MODEL })).deleted).toEqual({ messages: 0, memories: 0 });
    expect(await agent.refusal('upsert_vectors', { vectors: [{ message_id: id, model: MODEL, provider: 'api', values: [0, 1] }] })).toMatch(
      /one of ours/,
    );
    expect(await found(agent, [1, 0], { provider: 'api' })).toEqual([id]);
  });

  it('stores nothing when anything is wrong', async () => {
    await using agent = await newAgent();
    const [id] = await say(agent, ['one']);
    const good = { message_id: id, model: MODEL, values: [1, 0] };
    const refused = (vectors: object[]) => agent.refusal('upsert_vectors', { vectors });
    expect(await refused([good, { ...good, message_id: randomUUID() }])).toMatch(/No message/);
    expect(await refused([good, { model: MODEL, values: [1], memory_id: randomUUID() }])).toMatch(/No memory/);
    expect(await refused([good, { ...good, message_id: undefined }])).toMatch(/exactly one of/);
    expect(await refused([good, { ...good, memory_id: randomUUID() }])).toMatch(/exactly one of/);
    expect(await refused([good, { ...good, key: 'b', values: [0, 0] }])).toMatch(/all zero/);
    expect(await refused([good, good])).toMatch(/same subject/);
    expect(await refused([good, { ...good, key: 'b', values: [1e39, 0] }])).toMatch(/out of range/);
    expect(await refused([good, { ...good, key: 'b', values: ['x'] }])).toMatch(/values/);
    expect(await refused([])).toMatch(/vectors/);
    expect(await found(agent, [1, 0])).toEqual([]);
    expect(await agent.refusal('delete_vectors')).toMatch(/Say which/);
    expect(await agent.refusal('query_vectors', { values: [], model: MODEL })).toMatch(/values/);
    expect(await agent.refusal('query_vectors', { values: [1], model: MODEL, subjects: ['node'] })).toMatch(/subjects/);
  });

  it('shows a bound user only what is theirs, and another tenant nothing', async () => {
    const tenantId = await engine.freshTenant();
    await using ann = await newAgent('ann', tenantId);
    await using bob = await newAgent('bob', tenantId);
    await using stranger = await newAgent();
    const [mine] = await say(ann, ['mine']);
    const memory = await memoryOf(ann);
    const vector = { message_id: mine, model: MODEL, values: [1, 0] };
    await ann.call('upsert_vectors', { vectors: [vector] });
    await using service = await newAgent(undefined, tenantId);
    await service.call('upsert_vectors', { vectors: [{ memory_id: memory, model: MODEL, values: [1, 0] }] });
    for (const other of [bob, stranger]) {
      expect(await found(other, [1, 0], { subjects: ['message', 'memory'] })).toEqual([]);
      expect(await other.refusal('upsert_vectors', { vectors: [vector] })).toMatch(/No message/);
      expect((await other.call('delete_vectors', { model: MODEL })).deleted).toEqual({ messages: 0, memories: 0 });
      expect((await other.call('delete_vectors', { message_ids: [mine] })).deleted).toEqual({ messages: 0, memories: 0 });
    }
    expect(await bob.refusal('query_vectors', { values: [1, 0], model: MODEL, user: 'ann' })).toMatch(/one user only/);
    expect(await found(ann, [1, 0], { subjects: ['message', 'memory'] })).toEqual([mine]);
    expect(await found(service, [1, 0], { user: 'ann' })).toEqual([mine]);
    expect(await found(service, [1, 0], { user: 'bob' })).toEqual([]);
  });
});
