import { expect, it } from 'vitest';
import { estimateTokens } from '../../src/tokens.js';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

const say = (agent: Agent, conversation_key: string, lines: readonly string[], user?: string) =>
  agent.call('save_turn', {
    conversation_key,
    ...(user ? { user } : {}),
    messages: lines.map((content, at) => ({ role: at % 2 ? 'assistant' : 'user', content })),
  });

describeEngines('get_context', (engine) => {
  const newAgent = async (who: { user?: string; tenantId?: string } = {}) =>
    agentFor(engine, { ...who, tenantId: who.tenantId ?? (await engine.freshTenant()) });

  /** A household in which there is something of everything. */
  const furnished = async (agent: Agent, user = 'ann') => {
    await agent.call('upsert_user_profile', { user, display_name: 'Ann', profile: { likes: 'tea' }, documents: { diet: 'no peanuts' } });
    await say(agent, 'old', ['My sister Mia moved to Lisbon in May.', 'How lovely!'], user);
    await agent.call('remember', { content: 'Ann is allergic to peanuts.', user });
    await agent.call('create_task', { title: 'Book flights to Lisbon', user });
    const { conversation_id } = await say(
      agent,
      'now',
      ['Good morning!', 'Hello.', 'Ideas for a trip to my sister, without peanuts?'],
      user,
    );
    await agent.call('update_conversation', {
      conversation_id,
      title: 'Trip',
      summary: 'Planning a trip.',
      current_goal: { what: 'a trip' },
    });
    return conversation_id as string;
  };

  it('gives everything at once, each part with where it comes from', async () => {
    await using agent = await newAgent();
    const conversation_id = await furnished(agent);
    const pack = await agent.call('get_context', { conversation_key: 'now' });
    expect(pack).toMatchObject({
      profile: { user: 'ann', display_name: 'Ann', likes: 'tea', 'document diet': 'no peanuts' },
      summary: { conversation_id, title: 'Trip', summary: 'Planning a trip.', current_goal: { what: 'a trip' } },
      tasks: [{ title: 'Book flights to Lisbon' }],
      recent: [{ text: 'Good morning!' }, { text: 'Hello.' }, { text: 'Ideas for a trip to my sister, without peanuts?', role: 'user' }],
      facts: [],
      dropped: 0,
    });
    expect(pack.memories.map(({ source, text }: Record<string, string>) => [source, text])).toContainEqual([
      'memories',
      'Ann is allergic to peanuts.',
    ]);
    expect(pack.memories.map(({ text }: { text: string }) => text)).toContain('My sister Mia moved to Lisbon in May.');
    const text = await agent.text('get_context', { conversation_id });
    for (const part of ['User (profile)', 'Planning a trip.', 'Book flights', '[memories · ', '[messages · ', '[user · '])
      expect(text).toContain(part);
  });

  it('is never larger than its budget, and uses what there is', async () => {
    await using agent = await newAgent();
    const conversation_id = await furnished(agent);
    await say(
      agent,
      'now',
      Array.from({ length: 60 }, (_, at) => `Line ${at} about Lisbon: ${'sea and sun '.repeat(at % 9)}`),
      'ann',
    );
    let before = 0;
    for (const max_tokens of [50, 60, 80, 100, 150, 200, 250, 300, 400, 600, 1000, 2000, 4000, 20_000]) {
      const pack = await agent.call('get_context', { conversation_id, max_tokens });
      expect(estimateTokens(JSON.stringify(pack))).toBeLessThanOrEqual(max_tokens);
      expect(pack.total_tokens).toBeLessThanOrEqual(max_tokens);
      expect(pack.total_tokens).toBeGreaterThanOrEqual(before);
      if (pack.dropped > 0) expect(pack.total_tokens).toBeGreaterThan(max_tokens * 0.6);
      const seqs = pack.recent.map(({ seq }: { seq: number }) => seq);
      expect(seqs).toEqual(seqs.map((_: number, at: number) => 63 - seqs.length + 1 + at));
      before = pack.total_tokens;
    }
  });

  it('shows what was said last in any script, however long it was, within any budget', async () => {
    await using agent = await newAgent();
    const long = ['猫は可愛いです。', 'Ἄνδρα μοι ἔννεπε ', '👩‍👩‍👧‍👦🏽 ', 'line\n"quoted"\t', 'ю'].map((text) => text.repeat(3000));
    for (const [at, text] of long.entries()) {
      const key = `long ${at}`;
      await agent.call('remember', { content: text.slice(0, 5000), user: 'ann', title: 'Long' });
      await say(agent, key, [text, text, text], 'ann');
      await agent.call('update_conversation', {
        conversation_id: (await agent.call('load_history', { conversation_key: key, limit: 1 })).conversation.id,
        summary: text.slice(0, 20_000),
        current_goal: { text },
      });
      for (const max_tokens of [50, 200, 500, 2000, 20_000]) {
        const pack = await agent.call('get_context', { conversation_key: key, query: 'long', max_tokens });
        expect(estimateTokens(JSON.stringify(pack))).toBeLessThanOrEqual(pack.total_tokens);
        expect(pack.total_tokens).toBeLessThanOrEqual(max_tokens);
        if (max_tokens < 500) continue;
        expect(pack.recent.at(-1)).toMatchObject({ seq: 3, ...(max_tokens <= 2000 && { truncated: true }) });
        expect(pack.recent.at(-1).text.isWellFormed()).toBe(true);
        expect(pack.summary.summary.length).toBeGreaterThan(0);
      }
    }
  });

  it('shows of a large profile what fits, under names that are not its own', async () => {
    await using agent = await newAgent();
    const user = 'a person with a long name '.repeat(15).trim();
    const profile = { a: 'x'.repeat(50_000), user: { admin: true }, display_name: 7, likes: 'tea' };
    await agent.call('upsert_user_profile', { user, profile });
    const pack = await agent.call('get_context', { user, max_tokens: 1000 });
    expect(pack.profile).toEqual({ user, display_name: user, 'profile user': { admin: true }, 'profile display_name': 7, likes: 'tea' });
    expect(pack.dropped).toBe(1);
    expect((await agent.call('get_context', { user, max_tokens: 50 })).profile).toBeNull();
  });

  it('has what was said last in the readable text, too, however much there is', async () => {
    await using agent = await newAgent();
    const conversation_id = await furnished(agent);
    for (let at = 0; at < 8; at += 1) await agent.call('remember', { content: `Peanuts ${at} ${'and more '.repeat(900)}`, user: 'ann' });
    await say(agent, 'now', [...Array.from({ length: 20 }, () => 'so much to tell '.repeat(200)), 'The end'], 'ann');
    const asked = { conversation_id, query: 'peanuts', max_tokens: 100_000 };
    const text = await agent.text('get_context', asked);
    expect(Buffer.byteLength(text)).toBeLessThan(20_200);
    expect(text).toMatch(/\] The end$/m);
    expect(text).toContain('Peanuts');
    expect((await agent.call('get_context', asked)).recent).toHaveLength(24);
  });

  it('knows what to look for without a conversation, and what to say in a new one', async () => {
    await using agent = await newAgent();
    await furnished(agent);
    const pack = await agent.call('get_context', { conversation_key: 'never used', user: 'ann', query: 'peanuts' });
    expect(pack).toMatchObject({ profile: { user: 'ann' }, summary: null, recent: [], tasks: [{ title: 'Book flights to Lisbon' }] });
    expect(pack.memories[0]).toMatchObject({ text: 'Ann is allergic to peanuts.' });
    await using empty = await newAgent();
    expect(await empty.text('get_context', {})).toMatch(/^Nothing is known/);
  });

  it('gives the context of one user alone', async () => {
    const tenantId = await engine.freshTenant();
    await using service = await newAgent({ tenantId });
    await furnished(service);
    await say(service, 'bobs', ['Peanuts are the best food for a trip.', 'Sure.'], 'bob');
    await service.call('remember', { content: 'Bob loves peanuts.', user: 'bob' });
    await service.call('create_task', { title: 'Buy peanuts', user: 'bob' });
    const all = JSON.stringify(await service.call('get_context', { conversation_key: 'now' }));
    expect(all).toContain('allergic');
    expect(all).not.toMatch(/Bob|Buy peanuts|best food/);
    await using bob = await newAgent({ tenantId, user: 'bob' });
    const own = JSON.stringify(await bob.call('get_context', { query: 'peanuts' }));
    expect(own).toContain('Bob loves peanuts.');
    expect(own).not.toMatch(/Ann|allergic|Lisbon/);
    expect(await bob.refusal('get_context', { user: 'ann', query: 'peanuts' })).toMatch(/one user only/);
  });

  it('refuses what it cannot understand', async () => {
    await using agent = await newAgent();
    const id = '01900000-0000-7000-8000-000000000001';
    expect(await agent.refusal('get_context', { conversation_id: id })).toMatch(/No conversation/);
    expect(await agent.refusal('get_context', { conversation_id: id, conversation_key: 'x' })).toMatch(/not both/);
    expect(await agent.refusal('get_context', { max_tokens: 10 })).toMatch(/max_tokens/);
    expect(await agent.refusal('get_context', { query: '' })).toMatch(/query/);
  });
});
