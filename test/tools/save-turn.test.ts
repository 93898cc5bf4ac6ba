import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

const says = (content: string, role = 'user', more: object = {}) => ({ role, content, ...more });

describeEngines('save_turn', (engine) => {
  it('starts a conversation, continues it by id, and numbers messages and turns', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const first = await agent.call('save_turn', { title: 'Trip', messages: [says('hello'), says('hi', 'assistant')] });
    expect(first).toMatchObject({ created: true, message_count: 2, messages: [{ seq: 1, deduplicated: false }, { seq: 2 }] });
    const second = await agent.call('save_turn', {
      conversation_id: first.conversation_id,
      messages: [says('a'), says('b'), says('c', 'assistant'), says('d')],
    });
    expect(second).toMatchObject({ conversation_id: first.conversation_id, created: false, message_count: 6 });
    const { messages } = await agent.call('load_history', { conversation_id: first.conversation_id });
    expect(messages.map((m: { seq: number; turn: number }) => [m.seq, m.turn])).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 2],
      [6, 3],
    ]);
  });

  it('continues the active conversation with a key and starts a new one when none is active', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const turn = { conversation_key: 'chat:1', messages: [says('one')] };
    const first = await agent.call('save_turn', turn);
    expect((await agent.call('save_turn', turn)).conversation_id).toBe(first.conversation_id);
    await agent.call('update_conversation', { conversation_id: first.conversation_id, status: 'inactive_user_terminated' });
    const next = await agent.call('save_turn', turn);
    expect(next).toMatchObject({ created: true, message_count: 1 });
    expect(next.conversation_id).not.toBe(first.conversation_id);
  });

  it('stores a client_message_id once', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const turn = { conversation_key: 'k', messages: [says('once', 'user', { client_message_id: 'c1' })] };
    const [first] = (await agent.call('save_turn', turn)).messages;
    const again = await agent.call('save_turn', { ...turn, messages: [...turn.messages, says('new', 'assistant')] });
    expect(again).toMatchObject({
      message_count: 2,
      messages: [
        { id: first.id, seq: 1, deduplicated: true },
        { seq: 2, deduplicated: false },
      ],
    });
  });

  it('keeps everything that came with a message', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const message = {
      role: 'assistant',
      content: [
        { type: 'text', text: 'See the map 🗺️' },
        { type: 'image', url: 'https://example.com/a.png' },
      ],
      author: 'Ada',
      client_message_id: 'm-1',
      type: 'tool_call',
      tool_calls: [{ id: 'call-1', name: 'map', arguments: { q: 'Rome' } }],
      tool_results: [{ tool_call_id: 'call-0', content: 'ok' }],
      input_tokens: 7,
      output_tokens: 5,
      metadata: { mood: 'good', nested: { n: 1.5 } },
    };
    const { conversation_id, total_tokens } = await agent.call('save_turn', {
      user: 'feishu:user:1',
      device: 'phone',
      session: 's-1',
      platform: 'feishu',
      chat_id: 'room',
      topic: 'travel',
      metadata: { a: 1 },
      messages: [
        { ...message, created_at: '2024-05-01T10:00:00+02:00', attachments: [{ name: 'a.txt', mime_type: 'text/plain', data: 'aGk=' }] },
      ],
    });
    expect(total_tokens).toBe(12);
    const history = await agent.call('load_history', { conversation_id });
    expect(history.conversation).toMatchObject({
      user: 'feishu:user:1',
      device: 'phone',
      session: 's-1',
      platform: 'feishu',
      chat_id: 'room',
      topic: 'travel',
      metadata: { a: 1 },
      input_tokens: 7,
      output_tokens: 5,
    });
    expect(history.messages[0]).toMatchObject({
      ...message,
      user: 'feishu:user:1',
      created_at: '2024-05-01T08:00:00.000Z',
      attachments: [{ name: 'a.txt', mime_type: 'text/plain', size: 2 }],
    });
  });

  it('loads any text back exactly as said', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((s) => !s.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
        const { conversation_id } = await agent.call('save_turn', { messages: texts.map((content) => says(content)) });
        const { messages } = await agent.call('load_history', { conversation_id });
        expect(messages.map((m: { content: string }) => m.content)).toEqual(texts);
      }),
      { numRuns: 25 },
    );
  });

  it('lets twenty callers append at once: no gap, no duplicate, exact counters', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        agent.call('save_turn', {
          conversation_key: 'busy',
          user: 'same',
          messages: [says(`q${i}`), says(`a${i}`, 'assistant', { output_tokens: 3 })],
        }),
      ),
    );
    const { conversation, messages } = await agent.call('load_history', { conversation_key: 'busy', limit: 100 });
    expect(messages.map((m: { seq: number }) => m.seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(conversation).toMatchObject({ message_count: 40, output_tokens: 60 });
    expect(await engine.models.Conversation.count({ where: { tenantId } })).toBe(1);
  });

  it('stores a message once when many callers retry it at the same time', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const turn = { conversation_key: 'retry', messages: [says('same', 'user', { client_message_id: 'only' })] };
    const receipts = await Promise.all(Array.from({ length: 10 }, () => agent.call('save_turn', turn)));
    expect(new Set(receipts.map((r) => r.messages[0].id)).size).toBe(1);
    expect(receipts.filter((r) => !r.messages[0].deduplicated)).toHaveLength(1);
  });

  it('reopens an inactive conversation and refuses an archived one', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await agent.call('save_turn', { messages: [says('x')] });
    await agent.call('update_conversation', { conversation_id, status: 'inactive_timeout' });
    await agent.call('save_turn', { conversation_id, messages: [says('back')] });
    expect((await agent.call('load_history', { conversation_id })).conversation.status).toBe('active');
    const { events } = await agent.call('poll_events', { after: '0', conversation_id, types: ['status_changed'] });
    expect(events.at(-1)).toMatchObject({ before: { status: 'inactive_timeout' }, after: { status: 'active' } });
    await agent.call('update_conversation', { conversation_id, status: 'inactive_user_terminated' });
    await agent.call('update_conversation', { conversation_id, status: 'archived' });
    expect(await agent.refusal('save_turn', { conversation_id, messages: [says('no')] })).toMatch(/archived.*update_conversation/s);
    expect((await agent.call('load_history', { conversation_id })).conversation.message_count).toBe(2);
  });

  it('refuses what cannot be saved, and saves nothing of it', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId, limits: { maxMessageBytes: 1000, maxAssetBytes: 10 } });
    const refuse = (args: object) => agent.refusal('save_turn', args as Record<string, unknown>);
    expect(await refuse({ messages: [says('ok'), says('x'.repeat(2000))] })).toMatch(/messages\[1\].*2\d{3} bytes.*limit is 1000/);
    expect(await refuse({ messages: [says('x', 'robot')] })).toMatch(/messages\[0\]\.role.*user.*assistant.*system.*tool/s);
    expect(await refuse({ messages: [] })).toMatch(/messages/);
    expect(await refuse({ messages: [says('x')], colour: 'red' })).toMatch(/colour/);
    expect(await refuse({ messages: [says('nul \0 byte')] })).toMatch(/U\+0000|NUL/i);
    expect(await refuse({ messages: [says('lone \ud800')] })).toMatch(/surrogate/i);
    expect(await refuse({ messages: [says('x', 'user', { created_at: '2024-02-30' })] })).toMatch(/created_at.*date/s);
    expect(await refuse({ messages: [says('x', 'user', { input_tokens: -1 })] })).toMatch(/input_tokens/);
    expect(
      await refuse({ messages: [says('a', 'user', { client_message_id: 'd' }), says('b', 'user', { client_message_id: 'd' })] }),
    ).toMatch(/twice/);
    expect(
      await refuse({ messages: [says('x', 'user', { attachments: [{ name: 'n', mime_type: 'a/b', data: 'AAAAAAAAAAAAAAAAAAAAAAAA' }] })] }),
    ).toMatch(/limit is 10/);
    expect(await refuse({ messages: [says('x', 'user', { attachments: [{ name: 'n', mime_type: 'a/b' }] })] })).toMatch(
      /exactly one of uri and data/,
    );
    expect(await refuse({ conversation_id: randomUUID(), user: 'nobody', messages: [says('x')] })).toMatch(/No conversation/);
    expect(await engine.models.Conversation.count({ where: { tenantId } })).toBe(0);
    expect(await engine.models.User.count({ where: { tenantId } })).toBe(0);
  });

  it('gives a principal bound to one user a key space of its own', async () => {
    const tenantId = await engine.freshTenant();
    await using ada = await agentFor(engine, { tenantId, user: 'ada' });
    await using bob = await agentFor(engine, { tenantId, user: 'bob' });
    const turn = { conversation_key: 'main', messages: [says('mine')] };
    const [hers, his] = [await ada.call('save_turn', turn), await bob.call('save_turn', turn)];
    expect(hers.conversation_id).not.toBe(his.conversation_id);
    expect((await ada.call('save_turn', turn)).conversation_id).toBe(hers.conversation_id);
    expect(await bob.refusal('save_turn', { conversation_id: hers.conversation_id, messages: [says('x')] })).toMatch(/No conversation/);
    expect(await bob.refusal('save_turn', { ...turn, user: 'ada' })).toMatch(/one user only/);
  });
});
