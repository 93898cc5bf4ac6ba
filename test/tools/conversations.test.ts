import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CONVERSATION_STATUSES } from '../../src/repository/records.js';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

const start = (agent: Agent, more: object = {}) => agent.call('save_turn', { messages: [{ role: 'user', content: 'hello' }], ...more });

describeEngines('update_conversation', (engine) => {
  it('sets, merges and removes, and leaves an event of what really changed', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await start(agent, { title: 'old', metadata: { a: 1, b: 2 } });
    const { conversation } = await agent.call('update_conversation', {
      conversation_id,
      title: 'new',
      summary: 'They said hello.',
      current_goal: { step: 1 },
      metadata: { b: null, c: 3 },
      add_input_tokens: 100,
      add_output_tokens: 20,
    });
    expect(conversation).toMatchObject({
      title: 'new',
      summary: 'They said hello.',
      current_goal: { step: 1 },
      metadata: { a: 1, c: 3 },
      input_tokens: 100,
      output_tokens: 20,
    });
    expect((await agent.call('update_conversation', { conversation_id, title: null })).conversation.title).toBeUndefined();
    const { events } = await agent.call('poll_events', { after: '0', conversation_id, types: ['updated'] });
    expect(events).toMatchObject([
      { before: { title: 'old', metadata: { a: 1, b: 2 } }, after: { title: 'new', metadata: { a: 1, c: 3 } } },
      { before: { title: 'new' }, after: { title: null } },
    ]);
    expect(await agent.refusal('update_conversation', { conversation_id })).toMatch(/Nothing to change/);
  });

  it('follows the lifecycle whatever is asked, and names what is possible', async () => {
    const next: Record<string, string[]> = {
      active: ['inactive_timeout', 'inactive_user_terminated', 'inactive_system_terminated'],
      inactive_timeout: ['active', 'archived'],
      inactive_user_terminated: ['active', 'archived'],
      inactive_system_terminated: ['active', 'archived'],
      archived: ['active'],
    };
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...CONVERSATION_STATUSES), { maxLength: 6 }), async (wanted) => {
        const { conversation_id } = await start(agent);
        let status = 'active';
        const passed: string[] = [];
        for (const to of wanted) {
          if (to === status) continue;
          if (next[status]?.includes(to)) {
            const { conversation } = await agent.call('update_conversation', { conversation_id, status: to });
            expect(conversation.status).toBe(to);
            expect(conversation.archived_at !== undefined).toBe(to === 'archived');
            expect(conversation.ended_at !== undefined).toBe(to !== 'active');
            passed.push(to);
            status = to;
          } else {
            const refusal = await agent.refusal('update_conversation', { conversation_id, status: to, title: 'never' });
            for (const allowed of next[status] ?? []) expect(refusal).toContain(allowed);
          }
        }
        const { conversation } = await agent.call('load_history', { conversation_id });
        expect(conversation).toMatchObject({ status });
        expect(conversation.title).toBeUndefined();
        const { events } = await agent.call('poll_events', { after: '0', conversation_id, types: ['status_changed'] });
        expect(events.map((event: { after: { status: string } }) => event.after.status)).toEqual(passed);
      }),
      { numRuns: 15 },
    );
  });

  it('does not reopen beside an active conversation with the same key', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const first = await start(agent, { conversation_key: 'k' });
    await agent.call('update_conversation', { conversation_id: first.conversation_id, status: 'inactive_timeout' });
    const second = await start(agent, { conversation_key: 'k' });
    const reopen = { conversation_id: first.conversation_id, status: 'active' };
    expect(await agent.refusal('update_conversation', reopen)).toContain(second.conversation_id);
    expect(
      await agent.refusal('save_turn', { conversation_id: first.conversation_id, messages: [{ role: 'user', content: 'x' }] }),
    ).toMatch(/conversation_key/);
  });
});

describeEngines('list_conversations', (engine) => {
  it('pages newest activity first, without a hole or a repetition', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const ids: string[] = [];
    // Ten of the same moment: the place of a page must not depend on the time alone.
    for (let i = 0; i < 10; i++)
      ids.push((await start(agent, { messages: [{ role: 'user', content: 'x', created_at: '2025-01-01' }] })).conversation_id);
    ids.push((await start(agent)).conversation_id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { conversations: { id: string }[]; next_cursor: string | null } = await agent.call('list_conversations', {
        limit: 3,
        ...(cursor ? { cursor } : {}),
      });
      seen.push(...page.conversations.map((conversation) => conversation.id));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen[0]).toBe(ids.at(-1));
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });

  it('filters', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const trip = await start(agent, { user: 'ada', platform: 'slack', device: 'phone', topic: 'Travel', title: '100%_sure\\' });
    const other = await start(agent, {
      user: 'bob',
      title: '100 sure',
      messages: [{ role: 'user', content: 'x', created_at: '2020-01-01' }],
    });
    await agent.call('update_conversation', { conversation_id: other.conversation_id, status: 'inactive_timeout' });
    const found = async (args: object) =>
      (await agent.call('list_conversations', args as Record<string, unknown>)).conversations.map(
        (conversation: { id: string }) => conversation.id,
      );
    for (const filter of [
      { user: 'ada' },
      { platform: 'slack' },
      { device: 'phone' },
      { topic: 'travel' },
      { query: '%_SURE\\' },
      { status: ['active'] },
      { active_after: '2021-01-01' },
    ]) {
      expect(await found(filter), JSON.stringify(filter)).toEqual([trip.conversation_id]);
    }
    expect(await found({ active_before: '2020-06-01' })).toEqual([other.conversation_id]);
    expect(await found({ user: 'nobody' })).toEqual([]);
  });

  it('refuses a cursor of another list or filter', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    await start(agent);
    await start(agent);
    const { next_cursor } = await agent.call('list_conversations', { limit: 1 });
    expect(await agent.refusal('list_conversations', { cursor: next_cursor, platform: 'slack' })).toMatch(/other arguments/);
    expect(await agent.refusal('list_conversations', { cursor: 'nonsense' })).toMatch(/cursor/);
    expect(await agent.refusal('poll_events', { after: next_cursor })).toMatch(/after|cursor/);
  });
});

describeEngines('delete_conversation', (engine) => {
  const rows = async (tenantId: string) => ({
    conversations: await engine.models.Conversation.count({ where: { tenantId } }),
    messages: await engine.models.Message.count({ where: { tenantId } }),
    assets: await engine.models.MessageAsset.count({ where: { tenantId } }),
    vectors: await engine.models.MessageVector.count({ where: { tenantId } }),
  });
  const full = {
    messages: [
      {
        role: 'user',
        content: 'my secret',
        attachments: [{ name: 'a', mime_type: 'text/plain', data: 'aGk=' }],
        embedding: { model: 'm', values: [0.5, 1] },
      },
      { role: 'assistant', content: 'noted' },
    ],
  };

  it('counts first, then removes everything, its content in events too', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const { conversation_id, messages } = await start(agent, full);
    await agent.call('edit_message', { message_id: messages[1].id, content: 'my other secret' });
    await agent.call('create_task', { title: 'follow up', conversation_id, message_id: messages[0].id });
    const before = await rows(tenantId);
    const dry = await agent.call('delete_conversation', { conversation_id, dry_run: true });
    expect(await rows(tenantId)).toEqual(before);
    const wet = await agent.call('delete_conversation', { conversation_id });
    expect(wet.deleted).toEqual(dry.deleted);
    expect(wet.deleted).toMatchObject({ conversations: 1, messages: 2, assets: 1, vectors: 1 });
    expect(await rows(tenantId)).toEqual({ conversations: 0, messages: 0, assets: 0, vectors: 0 });
    const { events } = await agent.call('poll_events', { after: '0', conversation_id });
    expect(JSON.stringify(events)).not.toMatch(/secret/);
    expect(events.at(-1)).toMatchObject({ type: 'purged', after: { messages: 2 } });
    expect((await agent.call('list_tasks', {})).tasks).toHaveLength(1);
    expect(await agent.refusal('delete_conversation', { conversation_id })).toMatch(/No conversation/);
  });

  it('clears the messages and keeps the record, which goes on with the next number', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const { conversation_id } = await start(agent, { ...full, title: 'kept' });
    await agent.call('delete_conversation', { conversation_id, mode: 'clear' });
    expect(await rows(tenantId)).toEqual({ conversations: 1, messages: 0, assets: 0, vectors: 0 });
    expect((await agent.call('load_history', { conversation_id })).conversation).toMatchObject({ title: 'kept', message_count: 0 });
    expect((await start(agent, { conversation_id })).messages[0].seq).toBe(3);
  });

  it('removes nothing of a conversation under legal hold', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const { conversation_id, messages } = await start(agent, full);
    await agent.call('update_conversation', { conversation_id, legal_hold: true });
    expect(await agent.refusal('delete_conversation', { conversation_id })).toMatch(/legal hold/);
    expect(await agent.refusal('delete_message', { message_id: messages[0].id, mode: 'hard' })).toMatch(/legal hold/);
    expect((await rows(tenantId)).messages).toBe(2);
  });
});
