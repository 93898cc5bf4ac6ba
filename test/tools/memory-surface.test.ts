import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

const idOf = async (agent: Agent, content: string, more: Record<string, unknown> = {}): Promise<string> =>
  (await agent.call('remember', { content, ...more })).memory.id;

describeEngines('memories as resources and in prompts', (engine) => {
  const newAgent = async (user?: string, tenantId?: string) =>
    agentFor(engine, { tenantId: tenantId ?? (await engine.freshTenant()), ...(user ? { user } : {}) });
  const read = async ({ client }: Agent, id: string) =>
    JSON.parse((await client.readResource({ uri: `memory://memories/${id}` })).contents.map((one) => ('text' in one ? one.text : ''))[0]!);
  const prompt = async ({ client }: Agent, name: string, args: Record<string, string>): Promise<string> => {
    const { messages } = await client.getPrompt({ name, arguments: args });
    return messages.map(({ content }) => (content.type === 'text' ? content.text : '')).join('\n');
  };
  const complete = async ({ client }: Agent, ref: Parameters<Agent['client']['complete']>[0]['ref'], name: string, value: string) =>
    (await client.complete({ ref, argument: { name, value } })).completion.values;

  it('reads one memory, superseded ones too, but none that is forgotten', async () => {
    await using agent = await newAgent();
    const old = await idOf(agent, 'Ann lives in Paris', { tags: ['home'] });
    const now = await idOf(agent, 'Ann lives in Rome', { supersedes: old });
    expect(await read(agent, old)).toMatchObject({ id: old, content: 'Ann lives in Paris', superseded_by: now, tags: ['home'] });
    expect(await read(agent, now.toUpperCase())).toMatchObject({ supersedes: old });
    await agent.call('forget', { memory_ids: [now] });
    await expect(read(agent, now)).rejects.toThrow(/No memory/);
    await expect(read(agent, 'nonsense')).rejects.toThrow(/No memory nonsense/);
  });

  it('cuts a memory that would flood the reader', async () => {
    await using agent = await newAgent();
    const id = await idOf(agent, 'x'.repeat(20_000), { metadata: { more: 'y'.repeat(50_000) } });
    const view = await read(agent, id);
    expect(view.truncated).toBe(true);
    expect(JSON.stringify(view).length).toBeLessThan(20_000);
  });

  it('lists memories in force after conversations, page by page', async () => {
    await using agent = await newAgent();
    await agent.call('save_turn', { messages: [{ role: 'user', content: 'hello' }] });
    const ids = [];
    for (let n = 0; n < 60; n += 1) ids.push(await idOf(agent, `Fact number ${n}`));
    const listed: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await agent.client.listResources(cursor ? { cursor } : {});
      listed.push(...page.resources.map(({ uri }) => uri));
      if (!page.nextCursor) break;
      cursor = page.nextCursor;
    }
    const memories = listed.filter((uri) => uri.startsWith('memory://memories/'));
    expect(memories).toEqual(ids.toReversed().map((id) => `memory://memories/${id}`));
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('completes memories, tags and users, each reader its own', async () => {
    const tenantId = await engine.freshTenant();
    await using ann = await newAgent('ann', tenantId);
    await using bob = await newAgent('bob', tenantId);
    const id = await idOf(ann, 'Ann collects stamps', { tags: ['hobby', 'stamps'] });
    await idOf(ann, 'Ann plays chess', { tags: ['hobby'] });
    const memory = { type: 'ref/resource', uri: 'memory://memories/{id}' } as const;
    expect(await complete(ann, memory, 'id', 'stamps')).toEqual([id]);
    expect(await complete(ann, memory, 'id', id.slice(0, 30))).toContain(id);
    expect(await complete(ann, memory, 'id', '')).toHaveLength(2);
    expect(await complete(bob, memory, 'id', '')).toEqual([]);
    const topic = { type: 'ref/prompt', name: 'recall_topic' } as const;
    expect(await complete(ann, topic, 'topic', '')).toEqual(['hobby', 'stamps']);
    expect(await complete(ann, topic, 'topic', 'St')).toEqual(['stamps']);
    expect(await complete(bob, topic, 'topic', '')).toEqual([]);
    expect(await complete(ann, { type: 'ref/prompt', name: 'review_memories' }, 'user', 'a')).toEqual(['ann']);
  });

  it('reviews what is in force, marked with its origin, and never more than fits', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await newAgent(undefined, tenantId);
    const old = await idOf(agent, 'Ann lives in Paris', { user: 'ann', source: 'user' });
    const now = await idOf(agent, 'Ann lives in Rome', { user: 'ann', supersedes: old });
    await idOf(agent, 'Bob lives in Graz', { user: 'bob' });
    const text = await prompt(agent, 'review_memories', { user: 'ann' });
    expect(text).toContain(`[${now} · fact · said by agent · about ann`);
    expect(text).not.toMatch(/Paris|Graz/);
    await using bob = await newAgent('bob', tenantId);
    await expect(prompt(bob, 'review_memories', { user: 'ann' })).rejects.toThrow(/one user only/);
    for (let n = 0; n < 30; n += 1) await idOf(agent, `${n} ${'long '.repeat(1000)}`, { user: 'eve' });
    const long = await prompt(agent, 'review_memories', { user: 'eve' });
    expect(Buffer.byteLength(long)).toBeLessThan(20_000);
    expect(long).toMatch(/\(\d+ more are left out here\.\)/);
  });

  it('asks for recall of a topic, and for remember with a summary', async () => {
    await using agent = await newAgent();
    expect(await prompt(agent, 'recall_topic', { topic: 'the "trip"\nto Rome' })).toContain('recall (query "the \\"trip\\"\\nto Rome")');
    const { conversation_id } = await agent.call('save_turn', { messages: [{ role: 'user', content: 'hello' }] });
    expect(await prompt(agent, 'summarize_conversation', { conversation_id })).toContain(
      `call remember with conversation_id ${conversation_id}`,
    );
  });
});
