import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

type Message = { id: string; seq: number; turn: number; role: string };
const seqs = ({ messages }: { messages: Message[] }) => messages.map((message) => message.seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Thirty messages: user, assistant, user, assistant… so fifteen turns. */
async function conversation(agent: Agent) {
  const messages = range(1, 30).map((n) => ({ role: n % 2 ? 'user' : 'assistant', content: `message ${n}` }));
  return agent.call('save_turn', { conversation_key: 'k', messages });
}

describeEngines('load_history', (engine) => {
  it('shows the newest messages and pages both ways', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await conversation(agent);
    const newest = await agent.call('load_history', { conversation_id, limit: 10 });
    expect(seqs(newest)).toEqual(range(21, 30));
    expect(newest).toMatchObject({
      has_more_before: true,
      has_more_after: false,
      first_seq: 21,
      last_seq: 30,
      dropped: 0,
      truncated: false,
    });
    const older = await agent.call('load_history', { conversation_id, before_seq: 21, limit: 20 });
    expect(seqs(older)).toEqual(range(1, 20));
    expect(older).toMatchObject({ has_more_before: false, has_more_after: true });
    const newer = await agent.call('load_history', { conversation_id, after_seq: 5, limit: 3 });
    expect(seqs(newer)).toEqual([6, 7, 8]);
    expect(newer).toMatchObject({ has_more_before: true, has_more_after: true });
    expect(await agent.call('load_history', { conversation_id, after_seq: 30 })).toMatchObject({
      messages: [],
      has_more_before: true,
      has_more_after: false,
      first_seq: null,
    });
    expect(await agent.call('load_history', { conversation_id, after_seq: 0, limit: 30 })).toMatchObject({
      has_more_before: false,
      has_more_after: false,
    });
  });

  it('looks around one message', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id, messages } = await conversation(agent);
    const page = await agent.call('load_history', { conversation_id, around_message_id: messages[14].id, limit: 5 });
    expect(seqs(page)).toEqual([13, 14, 15, 16, 17]);
    expect(page).toMatchObject({ has_more_before: true, has_more_after: true });
    expect(seqs(await agent.call('load_history', { conversation_id, around_message_id: messages[0].id, limit: 4 }))).toEqual([1, 2]);
    expect(await agent.refusal('load_history', { conversation_id, around_message_id: randomUUID() })).toMatch(/No message/);
  });

  it('limits turns and tokens', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id, messages } = await conversation(agent);
    expect(seqs(await agent.call('load_history', { conversation_id, max_turns: 2 }))).toEqual([27, 28, 29, 30]);
    expect(seqs(await agent.call('load_history', { conversation_id, max_turns: 2, after_seq: 4 }))).toEqual([5, 6, 7, 8]);
    expect(seqs(await agent.call('load_history', { conversation_id, max_turns: 15 }))).toHaveLength(30);
    // Turns that are gone leave a gap in the numbers, and count for nothing.
    for (const { id } of messages.slice(24, 28)) await agent.call('delete_message', { message_id: id });
    expect(seqs(await agent.call('load_history', { conversation_id, max_turns: 2 }))).toEqual([23, 24, 29, 30]);
    expect(seqs(await agent.call('load_history', { conversation_id, max_turns: 3, after_seq: 22 }))).toEqual([23, 24, 29, 30]);
    for (const { id } of messages.slice(24, 28)) await agent.call('delete_message', { message_id: id, mode: 'restore' });
    expect(await agent.text('load_history', { conversation_id, max_tokens: 1 })).toMatch(/larger than max_tokens by itself/);
    // "message 30" is ten bytes: three tokens, and four for the frame.
    const tight = await agent.call('load_history', { conversation_id, max_tokens: 21 });
    expect(seqs(tight)).toEqual([28, 29, 30]);
    expect(tight).toMatchObject({ total_tokens: 21, dropped: 27, truncated: true, has_more_before: true });
    expect(await agent.call('load_history', { conversation_id, max_tokens: 1 })).toMatchObject({
      messages: [],
      total_tokens: 0,
      has_more_before: true,
    });
  });

  it('counts stored tokens rather than estimating', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await agent.call('save_turn', {
      messages: [
        { role: 'user', content: 'q', input_tokens: 11 },
        { role: 'assistant', content: 'a', input_tokens: 900, output_tokens: 5 },
      ],
    });
    expect((await agent.call('load_history', { conversation_id })).total_tokens).toBe(16);
  });

  it('pages through any conversation without a hole or a repetition', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await conversation(agent);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.boolean(), async (limit, forward) => {
        const seen: number[] = [];
        let place: object = forward ? { after_seq: 0 } : {};
        for (;;) {
          const page = await agent.call('load_history', { conversation_id, limit, ...place });
          if (forward) seen.push(...seqs(page));
          else seen.unshift(...seqs(page));
          if (!(forward ? page.has_more_after : page.has_more_before)) break;
          place = forward ? { after_seq: page.last_seq } : { before_seq: page.first_seq };
        }
        expect(seen).toEqual(range(1, 30));
      }),
      { numRuns: 12 },
    );
  });

  it('filters roles and hides what was deleted', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id, messages } = await conversation(agent);
    expect(seqs(await agent.call('load_history', { conversation_id, roles: ['assistant'], limit: 3 }))).toEqual([26, 28, 30]);
    await agent.call('delete_message', { message_id: messages[29].id });
    expect(seqs(await agent.call('load_history', { conversation_id, limit: 2 }))).toEqual([28, 29]);
    const all = await agent.call('load_history', { conversation_id, limit: 2, include_deleted: true });
    expect(all.messages.at(-1)).toMatchObject({ seq: 30, status: 'deleted' });
  });

  it('finds the active conversation of a key, else the latest', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const first = await conversation(agent);
    await agent.call('update_conversation', { conversation_id: first.conversation_id, status: 'inactive_timeout' });
    expect((await agent.call('load_history', { conversation_key: 'k' })).conversation.id).toBe(first.conversation_id);
    const second = await conversation(agent);
    expect((await agent.call('load_history', { conversation_key: 'k' })).conversation.id).toBe(second.conversation_id);
    expect(await agent.refusal('load_history', { conversation_key: 'other' })).toMatch(/No conversation with key "other"/);
  });

  it('shows each message as it is, whichever way it is asked for', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const odd = 'a\u001fb\nc "d" \\ é 🦆';
    const said = (role: string, more: object = {}) => ({ role, content: odd, ...more });
    const saved = await agent.call('save_turn', {
      conversation_key: 'odd',
      user: odd,
      messages: [
        said('user'),
        said('user', { content: '' }),
        said('user', { content: '["not", "parts"]', created_at: '1969-12-31T23:59:58.001Z' }),
        said('assistant', { input_tokens: 0, output_tokens: 7, created_at: '2024-05-01T10:00:00.999Z' }),
        said('assistant', { tool_calls: [{ id: odd, name: 'look', arguments: { odd } }] }),
        said('tool', { content: [{ type: 'text', text: odd }], tool_results: [{ tool_call_id: odd, content: odd }] }),
        said('user', { author: odd, client_message_id: 'c1', metadata: { [odd]: odd } }),
        said('user', { attachments: [{ name: 'a.txt', mime_type: 'text/plain', data: 'aGk=' }] }),
        said('user'),
        said('user'),
      ],
    });
    const { conversation_id } = saved;
    await agent.call('save_turn', { conversation_id, user: 'somebody else', messages: [said('user')] });
    await agent.call('edit_message', { message_id: saved.messages[8].id, content: `${odd}!` });
    await agent.call('delete_message', { message_id: saved.messages[9].id });
    const searched = {
      name: 'test_searched',
      text: `update messages set text = 'as it is searched' where tenant_id = $1 and id = $2::uuid`,
    };
    await engine.db.query(searched, [tenantId, saved.messages[0].id]);
    const { messages } = await agent.call('load_history', { conversation_id, include_deleted: true });
    expect(seqs({ messages })).toEqual(range(1, 11));
    expect(messages[0].content).toBe(odd);
    for (const message of messages) expect(message).toEqual((await agent.call('get_message', { message_id: message.id })).message);
    const around = { around_message_id: messages[5].id, limit: 20 };
    for (const place of [{ before_seq: 12 }, { after_seq: 0 }, around])
      expect((await agent.call('load_history', { conversation_id, include_deleted: true, ...place })).messages).toEqual(messages);
    expect(await agent.call('load_history', { conversation_key: 'odd', include_deleted: true })).toMatchObject({ messages });
  });

  it('does not flood a context, whatever is stored', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const messages = range(1, 20).map((n) => ({ role: 'user', content: `${n} ${'long '.repeat(5000)}` }));
    const { conversation_id } = await agent.call('save_turn', { messages });
    const page = await agent.call('load_history', { conversation_id });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(100_000);
    expect(page).toMatchObject({ truncated: true, has_more_before: true });
    const text = await agent.text('load_history', { conversation_id, limit: 20 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(20_000);
    expect(text).toMatch(/truncated: \d+ more messages/);
    const escaped = await agent.call('save_turn', { messages: range(1, 20).map(() => ({ role: 'user', content: '\u0001'.repeat(2000) })) });
    const shorter = await agent.call('load_history', { conversation_id: escaped.conversation_id });
    expect(Buffer.byteLength(JSON.stringify(shorter))).toBeLessThan(100_000);
    expect(shorter).toMatchObject({ truncated: true });
  });

  it('refuses a place given twice, and no conversation', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await conversation(agent);
    expect(await agent.refusal('load_history', { conversation_id, before_seq: 3, after_seq: 1 })).toMatch(/at most one/);
    expect(await agent.refusal('load_history', {})).toMatch(/exactly one/);
    expect(await agent.refusal('load_history', { conversation_id, limit: -5 })).toMatch(/limit/);
  });
});
