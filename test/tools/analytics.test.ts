import { expect, it } from 'vitest';
import { bucketsOf } from '../../src/repository/periods.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const at = (time: string, content = 'hello there', tokens = 10) => [
  { role: 'user', content, input_tokens: tokens, created_at: time },
  { role: 'assistant', content: 'yes', output_tokens: tokens, created_at: time },
];

it('cuts time into periods that begin where a calendar says', () => {
  const starts = (period: 'day' | 'week' | 'month', from: string, to: string) =>
    bucketsOf(period, new Date(from), new Date(to))?.map(
      ({ start, end }) => `${start.toISOString().slice(0, 13)}/${end.toISOString().slice(0, 13)}`,
    );
  expect(starts('day', '2026-02-27T06:00Z', '2026-03-01T12:00Z')).toEqual([
    '2026-02-27T06/2026-02-28T00',
    '2026-02-28T00/2026-03-01T00',
    '2026-03-01T00/2026-03-01T12',
  ]);
  expect(starts('week', '2026-11-15T00:00Z', '2026-11-17T00:00Z')).toEqual(['2026-11-15T00/2026-11-16T00', '2026-11-16T00/2026-11-17T00']);
  expect(starts('month', '2025-12-31T00:00Z', '2026-02-01T00:00Z')).toEqual(['2025-12-31T00/2026-01-01T00', '2026-01-01T00/2026-02-01T00']);
  expect(bucketsOf('day', undefined, new Date('2026-03-01T12:00Z'))).toHaveLength(30);
  expect(bucketsOf('day', new Date('2026-03-02'), new Date('2026-03-01'))).toBeNull();
  expect(bucketsOf('day', new Date('2020-01-01'), new Date('2026-03-01'))).toBeNull();
});

describeEngines('analytics toolset', (engine) => {
  const newAgent = async (user?: string, tenantId?: string) =>
    agentFor(engine, { tenantId: tenantId ?? (await engine.freshTenant()), ...(user ? { user } : {}) });

  it('counts what is stored', async () => {
    await using agent = await newAgent();
    const long = await agent.call('save_turn', {
      user: 'ann',
      platform: 'slack',
      title: 'Long',
      messages: [...at('2026-01-10'), ...at('2026-01-11')],
    });
    await agent.call('save_turn', { user: 'bob', platform: 'slack', messages: at('2026-01-11') });
    const ended = await agent.call('save_turn', { messages: at('2026-02-01', 'x', 5) });
    await agent.call('update_conversation', { conversation_id: ended.conversation_id, status: 'inactive_user_terminated' });
    await agent.call('delete_message', { message_id: ended.messages[1].id });
    const { task } = await agent.call('create_task', { title: 'x' });
    await agent.call('create_task', { title: 'y' });
    await agent.call('update_task', { task_id: task.id, status: 'done' });
    const stats = await agent.call('get_stats', { from: '2026-01-01', to: '2026-03-01' });
    expect(stats).toEqual({
      totals: {
        conversations: 3,
        conversations_by_status: { active: 2, inactive_user_terminated: 1 },
        messages: 7,
        messages_by_role: { user: 4, assistant: 3 },
        users: 2,
        memories: 0,
        tasks: 2,
        tasks_by_status: { done: 1, open: 1 },
        input_tokens: 35,
        output_tokens: 35,
        total_tokens: 70,
      },
      averages: { messages_per_conversation: 2.33, turns_per_conversation: 1.33, tokens_per_conversation: 23.33 },
      longest_conversation: { id: long.conversation_id, title: 'Long', user: 'ann', message_count: 4 },
      most_active_user: { user: 'ann', conversations: 1, messages: 4 },
      most_active_users: [
        { user: 'ann', conversations: 1, messages: 4 },
        { user: 'bob', conversations: 1, messages: 2 },
      ],
      by_platform: [
        { platform: 'slack', conversations: 2, messages: 6 },
        { platform: null, conversations: 1, messages: 1 },
      ],
      by_period: [
        { start: '2026-01-10T00:00:00.000Z', end: '2026-01-11T00:00:00.000Z', messages: 2, tokens: 20 },
        { start: '2026-01-11T00:00:00.000Z', end: '2026-01-12T00:00:00.000Z', messages: 4, tokens: 40 },
        { start: '2026-02-01T00:00:00.000Z', end: '2026-02-02T00:00:00.000Z', messages: 1, tokens: 5 },
      ],
      pending_embeddings: 0,
    });
    const text = await agent.text('get_stats', {});
    for (const part of ['3 conversations', long.conversation_id, 'ann']) expect(text).toContain(part);
    const months = await agent.call('get_stats', { period: 'month', from: '2026-01-01', to: '2026-03-01' });
    expect(months.by_period.map(({ messages }: { messages: number }) => messages)).toEqual([6, 1]);
    expect((await agent.call('get_stats', { user: 'bob' })).totals).toMatchObject({ conversations: 1, messages: 2, users: 1, tasks: 0 });
  });

  it('has something to say of nothing, and counts what was just said', async () => {
    await using agent = await newAgent();
    const empty = await agent.call('get_stats');
    expect(empty).toMatchObject({
      totals: { messages: 0 },
      averages: { messages_per_conversation: 0 },
      longest_conversation: null,
      by_period: [],
    });
    await agent.call('save_turn', { messages: [{ role: 'user', content: 'now' }] });
    const { by_period } = await agent.call('get_stats', { period: 'week' });
    expect(by_period).toMatchObject([{ messages: 1 }]);
    expect(await agent.refusal('get_stats', { from: '2026-02-01', to: '2026-01-01' })).toMatch(/before/);
    expect(await agent.refusal('get_stats', { from: '1990-01-01' })).toMatch(/400/);
    expect(await agent.refusal('get_stats', { period: 'year' })).toMatch(/period/);
    expect(await agent.refusal('get_stats', { user: 'nobody' })).toMatch(/No user/);
  });

  it('counts messages that a model has still to embed', async () => {
    await using agent = await newAgent();
    const model = { provider: 'client', model: 'm1' };
    const embedding = { model: 'm1', values: [1, 0] };
    await agent.call('save_turn', {
      messages: [
        { role: 'user', content: 'a', embedding },
        { role: 'assistant', content: 'b' },
        { role: 'tool', content: '' },
      ],
    });
    const store = await storeFor(engine.db, { tenantId: agent.tenantId });
    expect((await store.stats.summary({}, [model])).pendingEmbeddings).toBe(1);
    expect((await store.stats.summary()).pendingEmbeddings).toBe(0);
  });

  it('counts a bound user only itself, and nobody another tenant', async () => {
    const tenantId = await engine.freshTenant();
    await using ann = await newAgent('ann', tenantId);
    await using bob = await newAgent('bob', tenantId);
    await using stranger = await newAgent();
    await ann.call('save_turn', { platform: 'slack', messages: at('2026-01-10') });
    const mine = await ann.call('get_stats');
    expect(mine).toMatchObject({ totals: { conversations: 1, messages: 2, users: 1 }, most_active_user: { user: 'ann' } });
    for (const [other, users] of [
      [bob, 1],
      [stranger, 0],
    ] as const) {
      const stats = await other.call('get_stats', { from: '2026-01-01', to: '2026-02-01' });
      expect(stats).toMatchObject({
        totals: { conversations: 0, messages: 0, users },
        longest_conversation: null,
        most_active_user: null,
        most_active_users: [],
        by_platform: [],
        by_period: [],
      });
    }
    expect(await bob.refusal('get_stats', { user: 'ann' })).toMatch(/one user only/);
  });

  it('says whether a text, messages or a conversation fit', async () => {
    await using agent = await newAgent();
    const check = async (args: object) => {
      const { level, budget, ...fit } = await agent.call('check_token_budget', { max_tokens: 10, ...args });
      expect([level, budget]).toEqual(['ok', null]);
      return fit;
    };
    expect(await check({ text: 'x'.repeat(40) })).toEqual({ fits: true, tokens: 10, remaining: 0, estimated: true });
    expect(await check({ text: 'é'.repeat(21) })).toEqual({ fits: false, tokens: 11, remaining: -1, estimated: true });
    expect(await check({ messages: [{ role: 'user', content: 'abcd' }] })).toEqual({
      fits: true,
      tokens: 5,
      remaining: 5,
      estimated: true,
    });
    expect(await check({ messages: [{ role: 'assistant', content: 'abcd', input_tokens: 900, output_tokens: 7 }] })).toMatchObject({
      tokens: 7,
      estimated: false,
    });

    const { conversation_id, messages } = await agent.call('save_turn', {
      messages: [
        { role: 'user', content: 'ünïcode', input_tokens: 3 },
        { role: 'assistant', content: 'no count here' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'part' },
            { type: 'image', url: 'x' },
          ],
        },
        { role: 'assistant', content: 'hidden', output_tokens: 500 },
      ],
    });
    await agent.call('delete_message', { message_id: messages[3].id });
    const { total_tokens } = await agent.call('load_history', { conversation_id });
    expect(await check({ conversation_id })).toEqual({ fits: false, tokens: total_tokens, remaining: 10 - total_tokens, estimated: true });
    const empty = await agent.call('save_turn', { messages: at('2026-01-01', 'x', 2) });
    expect(await check({ conversation_id: empty.conversation_id })).toMatchObject({ tokens: 4, estimated: false });
    await agent.call('delete_conversation', { conversation_id: empty.conversation_id, mode: 'clear' });
    expect(await check({ conversation_id: empty.conversation_id })).toMatchObject({ fits: true, tokens: 0, estimated: false });
    expect(await agent.text('check_token_budget', { text: 'x'.repeat(41), max_tokens: 10 })).toMatch(/1 too much/);
  });

  it('refuses a budget without one thing to measure, and a conversation of somebody else', async () => {
    await using agent = await newAgent();
    await using stranger = await newAgent();
    const { conversation_id } = await agent.call('save_turn', { messages: at('2026-01-10') });
    expect(await agent.refusal('check_token_budget', { max_tokens: 5 })).toMatch(/exactly one/);
    expect(await agent.refusal('check_token_budget', { max_tokens: 5, text: 'x', conversation_id })).toMatch(/exactly one/);
    expect(await agent.refusal('check_token_budget', { max_tokens: 0, text: 'x' })).toMatch(/max_tokens/);
    expect(await stranger.refusal('check_token_budget', { max_tokens: 5, conversation_id })).toMatch(/No conversation/);
  });
});
