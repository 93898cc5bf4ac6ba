import { expect, it } from 'vitest';
import { Quotas } from '../../src/repository/quotas/quotas.js';
import { noCounts } from '../../src/repository/retention/retention-counts.js';
import { NO_POLICY, type PolicyDefaults, type QuotaPolicy } from '../../src/repository/retention/retention-policy.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { withPolicy } from './history.js';

const DAY = 86_400_000;
const START = new Date('2026-03-01T00:00:00Z');
const later = (days: number) => () => new Date(START.getTime() + days * DAY);
const said = (content: string) => ({ role: 'user', content });
const quotas = (limits: Partial<QuotaPolicy>): PolicyDefaults => ({ ...NO_POLICY, quotas: { ...NO_POLICY.quotas, ...limits } });

describeEngines('retention by tools', (engine) => {
  const admin = (tenantId: string, days: number, policy = NO_POLICY) =>
    agentFor(engine, { tenantId, role: 'admin', clock: later(days), policy });

  it('counts first, removes then, and leaves what is held', async () => {
    const tenantId = await engine.freshTenant();
    await using before = await admin(tenantId, 0);
    const { conversation_id: open } = await before.call('save_turn', { messages: [said('old words')] });
    const { conversation_id: held } = await before.call('save_turn', { messages: [said('held words')] });
    await before.call('update_conversation', { conversation_id: held, legal_hold: true });
    await using after = await admin(tenantId, 40, withPolicy({ message_retention_days: 30 }));
    await after.call('save_turn', { conversation_id: open, messages: [said('new words')] });

    const dry = await after.call('run_retention', { dry_run: true });
    expect(dry).toMatchObject({ counts: { messages_expired: 1, messages_soft_deleted: 0 }, dry_run: true, stopped: false });
    expect(await after.call('load_history', { conversation_id: open })).toMatchObject({
      messages: [{ content: 'old words' }, { content: 'new words' }],
    });
    expect(await after.call('run_retention')).toMatchObject({ counts: { messages_expired: 1 }, dry_run: false, stopped: false });
    expect(await after.call('load_history', { conversation_id: open })).toMatchObject({ messages: [{ content: 'new words', seq: 2 }] });
    expect(await after.call('load_history', { conversation_id: held })).toMatchObject({ messages: [{ content: 'held words' }] });
    expect((await after.call('search_messages', { query: 'old' })).hits).toEqual([]);
    expect(await after.text('run_retention')).toBe('Done: nothing was due.');
  });

  it('prunes expired messages alone, and archived conversations alone, with what that came to', async () => {
    const tenantId = await engine.freshTenant();
    await using before = await admin(tenantId, 0);
    const { conversation_id: archived } = await before.call('save_turn', { messages: [said('in the archive'), said('there too')] });
    for (const status of ['inactive_user_terminated', 'archived'])
      await before.call('update_conversation', { conversation_id: archived, status });
    const { conversation_id: open } = await before.call('save_turn', { messages: [said('old words')] });
    const policy = withPolicy({ message_retention_days: 30, archived_conversation_retention_days: 60, memory_retention_days: 10 });
    await before.call('remember', { content: 'Tea is hot' });

    const { retention } = await storeFor(engine.db, { tenantId, role: 'system', clock: later(40), policy });
    const messages = { ...noCounts(), messagesExpired: 3 };
    expect(await retention.pruneExpiredMessages({ dryRun: true })).toMatchObject({ dryRun: true, counts: messages });
    expect(await retention.pruneArchivedConversations({ dryRun: true })).toMatchObject({ counts: noCounts() });
    expect(await retention.pruneExpiredMessages()).toMatchObject({ dryRun: false, stopped: false, counts: messages });
    expect(await retention.pruneExpiredMessages()).toMatchObject({ counts: noCounts() });

    const { retention: much } = await storeFor(engine.db, { tenantId, role: 'system', clock: later(70), policy });
    expect((await much.pruneArchivedConversations()).counts).toMatchObject({ ...noCounts(), conversationsRemoved: 1 });
    expect(await before.refusal('load_history', { conversation_id: archived })).toMatch(/No conversation/);
    expect(await before.call('load_history', { conversation_id: open })).toMatchObject({ messages: [] });
    expect((await before.call('recall', { query: 'tea' })).hits).toHaveLength(1);
  });

  it('shows the policy, and lets a tenant have its own', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await admin(tenantId, 0, withPolicy({ message_retention_days: 30, event_retention_days: 90 }));
    const shown = await agent.call('get_retention_policy');
    expect(shown).toMatchObject({ retention: { message_retention_days: 30, event_retention_days: 90, max_conversations: null }, own: [] });
    const set = await agent.call('set_retention_policy', { message_retention_days: null, soft_delete_grace_days: 7 });
    expect(set).toMatchObject({
      retention: { message_retention_days: null, event_retention_days: 90, soft_delete_grace_days: 7 },
      own: ['message_retention_days', 'soft_delete_grace_days'],
    });
    const unset = await agent.call('set_retention_policy', { unset: ['message_retention_days'] });
    expect(unset).toMatchObject({ retention: { message_retention_days: 30 }, own: ['soft_delete_grace_days'] });
    expect(await agent.refusal('set_retention_policy', { message_retention_days: 0 })).toMatch(/message_retention_days/);
    expect(await agent.refusal('set_retention_policy', { message_retention_days: 2, unset: ['message_retention_days'] })).toMatch(/both/);
    expect(await agent.refusal('set_retention_policy', {})).toMatch(/Say what to change/);
    await using forgets = await admin(tenantId, 1, NO_POLICY);
    const { memory } = await forgets.call('remember', { content: 'Tea is hot' });
    expect((await forgets.call('forget', { memory_ids: [memory.id] })).undo_until).toBe(later(8)().toISOString());
  });

  it('is for administrators only', async () => {
    const tenantId = await engine.freshTenant();
    for (const who of [{ role: 'service' as const }, { user: 'ann' }]) {
      await using agent = await agentFor(engine, { tenantId, ...who, policy: withPolicy({ message_retention_days: 1 }) });
      for (const name of ['run_retention', 'get_retention_policy', 'set_retention_policy'])
        await expect(agent.client.callTool({ name, arguments: {} })).rejects.toThrow(/Unknown tool/);
      const store = await storeFor(engine.db, { tenantId, ...who });
      await expect(store.retention.runRetention({ dryRun: true })).rejects.toThrow(/administrator/);
      await expect(store.policies.change({ message_retention_days: 1 }, [])).rejects.toThrow(/administrator/);
    }
  });

  it('is carried out by one at a time', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId, role: 'system', policy: withPolicy({ message_retention_days: 1 }) });
    const lock = await engine.db.tryLock('retention');
    await expect(store.retention.runRetention()).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.retention.runRetention({ dryRun: true })).toMatchObject({ dryRun: true });
    await lock?.release();
    expect(await store.retention.runRetention()).toMatchObject({ stopped: false });
  });

  it('archives in two steps that both leave an event, and reopening is activity', async () => {
    const tenantId = await engine.freshTenant();
    await using before = await admin(tenantId, 0);
    const { conversation_id } = await before.call('save_turn', { messages: [said('hello')] });
    const { next_cursor } = await before.call('poll_events', { after: '0' });
    await using after = await admin(tenantId, 40, withPolicy({ conversation_archive_days: 30 }));
    expect((await after.call('run_retention')).counts).toMatchObject({ conversations_archived: 1, conversations_timed_out: 0 });
    const { events } = await after.call('poll_events', { after: next_cursor });
    expect(events.map(({ type, before, after }: Record<string, unknown>) => [type, before, after])).toEqual([
      ['status_changed', { status: 'active' }, { status: 'inactive_timeout' }],
      ['status_changed', { status: 'inactive_timeout' }, { status: 'archived' }],
    ]);
    expect(await after.refusal('save_turn', { conversation_id, messages: [said('again')] })).toMatch(/archived/);
    await after.call('update_conversation', { conversation_id, status: 'active' });
    expect((await after.call('run_retention')).counts).toMatchObject({ conversations_archived: 0 });
    await after.call('save_turn', { conversation_id, messages: [said('again')] });
  });
});

describeEngines('quotas', (engine) => {
  it('refuse messages beyond the limit with the figure, and let in again what finds room', async () => {
    const tenantId = await engine.freshTenant();
    const policy = quotas({ max_messages: 3 });
    await using agent = await agentFor(engine, { tenantId, policy, quotas: new Quotas(policy.quotas) });
    const { conversation_id } = await agent.call('save_turn', { messages: [said('a'), said('b')] });
    const refused = await agent.refusal('save_turn', { conversation_id, messages: [said('c'), said('d')] });
    expect(refused).toMatch(/2 of at most 3 messages are stored, and this call brings 2 more/);
    expect(refused).toMatch(/max_messages/);
    await agent.call('save_turn', { conversation_id, messages: [said('c')] });
    await agent.refusal('save_turn', { conversation_id, messages: [said('d')] });
    await agent.call('delete_conversation', { conversation_id, mode: 'clear' });
    await agent.call('save_turn', { conversation_id, messages: [said('d')] });
  });

  it('refuse bytes beyond the limit, attachments counted, and a tenant may have its own', async () => {
    const tenantId = await engine.freshTenant();
    const policy = quotas({ max_bytes: 2_000 });
    const shared = new Quotas(policy.quotas);
    await using agent = await agentFor(engine, { tenantId, policy, quotas: shared });
    const file = (size: number) => ({ name: 'a', mime_type: 'text/plain', data: Buffer.alloc(size, 'x').toString('base64') });
    await agent.call('save_turn', { messages: [{ ...said('small'), attachments: [file(1_500)] }] });
    expect(await agent.refusal('save_turn', { messages: [said('y'.repeat(600))] })).toMatch(
      /of at most 2000 bytes of messages, attachments and memories/,
    );
    const system = await storeFor(engine.db, { tenantId, role: 'system' });
    await system.settings.update({ set: { 'quotas.max_bytes': null } });
    await agent.call('save_turn', { messages: [said('y'.repeat(600))] });
    await using admin = await agentFor(engine, { tenantId, role: 'admin', policy });
    const { used, quotas: inForce } = await admin.call('get_retention_policy');
    expect(used).toMatchObject({ messages: 2 });
    expect(used.bytes).toBeGreaterThan(2_100);
    expect(inForce.max_bytes).toBeNull();
  });

  it('count what many save at once', async () => {
    const tenantId = await engine.freshTenant();
    const policy = quotas({ max_messages: 10 });
    const store = await storeFor(engine.db, { tenantId, policy, quotas: new Quotas(policy.quotas) });
    const attempts = Array.from({ length: 30 }, () => store.turns.save({ messages: [{ role: 'user', content: 'x' }] }));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await engine.models.Message.count({ where: { tenantId } })).toBe(10);
  });

  it('warn of a token budget, and refuse turns beyond it until the next period', async () => {
    const tenantId = await engine.freshTenant();
    const policy = quotas({ token_budget_warn: 80, token_budget_refuse: 100, token_budget_period: 'day' });
    let days = 0;
    const who = { tenantId, policy, quotas: new Quotas(policy.quotas), clock: () => later(days)() };
    await using agent = await agentFor(engine, who);
    const turn = (output_tokens: number, user = 'ann') => ({ user, messages: [{ role: 'assistant', content: 'ok', output_tokens }] });
    const { conversation_id } = await agent.call('save_turn', turn(70));
    expect(await agent.call('check_token_budget', { user: 'ann' })).toMatchObject({
      fits: true,
      level: 'ok',
      remaining: 30,
      budget: { user: 'ann', period: 'day', used: 70, warn: 80, refuse: 100, end: later(1)().toISOString() },
    });
    expect(await agent.call('check_token_budget', { user: 'ann', text: 'x'.repeat(60) })).toMatchObject({
      tokens: 15,
      level: 'warn',
      remaining: 15,
    });
    expect(await agent.call('check_token_budget', { user: 'ann', text: 'x'.repeat(160) })).toMatchObject({
      fits: false,
      level: 'refuse',
      remaining: -10,
    });
    expect(await agent.call('check_token_budget', { conversation_id, max_tokens: 50 })).toMatchObject({
      tokens: 70,
      fits: false,
      remaining: -20,
      budget: { used: 70 },
    });
    expect(await agent.refusal('save_turn', turn(31))).toMatch(/"ann" has used 70 of 100 tokens of this day, and this turn brings 31 more/);
    expect(await agent.refusal('save_turn', { ...turn(31), user: undefined, conversation_id })).toMatch(/has used 70 of 100/);
    await agent.call('save_turn', turn(31, 'bob'));
    await agent.call('save_turn', turn(30));
    days = 1;
    expect(await agent.call('check_token_budget', { user: 'ann' })).toMatchObject({ level: 'ok', budget: { used: 0 } });
    await agent.call('save_turn', turn(90));
  });

  it('say nothing where none is set', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant(), quotas: new Quotas() });
    await agent.call('save_turn', { user: 'ann', messages: [said('x')] });
    expect(await agent.call('check_token_budget', { user: 'ann' })).toMatchObject({
      fits: true,
      remaining: null,
      level: 'ok',
      budget: null,
    });
    expect(await agent.refusal('check_token_budget', { max_tokens: 5 })).toMatch(/exactly one/);
  });
});
