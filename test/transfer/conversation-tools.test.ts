import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageRecord } from '../../src/repository/records.js';
import { markdownMessage } from '../../src/services/transfer/conversation-markdown.js';
import { readConversation } from '../../src/services/transfer/read-conversation.js';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

async function whole(agent: Agent, args: Record<string, unknown>): Promise<{ document: string; parts: number }> {
  let document = '';
  let cursor: string | null = null;
  let parts = 0;
  do {
    const answer: { content: string; next_cursor: string | null } = await agent.call('export_conversation', {
      ...args,
      ...(cursor && { cursor }),
    });
    expect(Buffer.byteLength(answer.content)).toBeLessThan(200_000);
    document += answer.content;
    cursor = answer.next_cursor;
    parts += 1;
  } while (cursor !== null);
  return { document, parts };
}

describeEngines('export_conversation and import_conversation', (engine) => {
  const long = Array.from({ length: 40 }, (_, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    content: `${at} ${'long '.repeat(1000)}`,
    ...(at === 3 && { tool_calls: [{ id: 'c1', name: 'look', arguments: { at: 1 } }] }),
    ...(at === 5 && { attachments: [{ name: 'a.txt', mime_type: 'text/plain', data: Buffer.from('hello').toString('base64') }] }),
    created_at: new Date(Date.UTC(2026, 1, 1, 0, at)).toISOString(),
  }));

  it.each(['json', 'markdown', 'openai'])('write and read %s, in parts, and again without a change', async (format) => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await agent.call('save_turn', { title: 'Of boats -->', messages: long });
    const { document, parts } = await whole(agent, { conversation_id, format });
    expect(parts).toBeGreaterThan(2);
    await using other = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const first = await other.call('import_conversation', { format, content: document });
    expect(first).toMatchObject({ created: true, messages_added: 40, messages_known: 0 });
    const again = await other.call('import_conversation', { format, content: document });
    expect(again).toEqual({ ...first, created: false, messages_added: 0, messages_known: 40 });
    const read = await other.call('load_history', { conversation_id: first.conversation_id, limit: 40 });
    expect(read.messages.map(({ role }: { role: string }) => role)).toEqual(long.map(({ role }) => role));
    expect(read.messages[0].content.trim()).toBe(long[0]!.content.trim());
    if (format !== 'openai') expect(read.messages[7].created_at).toBe(long[7]!.created_at);
    if (format !== 'openai') expect(read.conversation.title).toBe('Of boats -->');
    if (format === 'json') expect(read.messages[3].tool_calls).toEqual(long[3]!.tool_calls);
  });

  it('know a conversation that was exported from here', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id } = await agent.call('save_turn', { messages: long.slice(0, 2) });
    const { document } = await whole(agent, { conversation_id });
    expect(await agent.call('import_conversation', { format: 'json', content: document })).toEqual({
      ...{ conversation_id, created: false, messages_added: 0, messages_known: 2 },
    });
  });

  it('leave what belongs to somebody else alone', async () => {
    const tenantId = await engine.freshTenant();
    await using anna = await agentFor(engine, { tenantId, user: 'anna' });
    await using ben = await agentFor(engine, { tenantId, user: 'ben' });
    const { conversation_id } = await anna.call('save_turn', { messages: long.slice(0, 2) });
    const { document } = await whole(anna, { conversation_id });
    const taken = await ben.call('import_conversation', { format: 'json', content: document });
    expect(taken).toMatchObject({ created: true, messages_added: 2 });
    expect(taken.conversation_id).not.toBe(conversation_id);
    expect(await ben.refusal('export_conversation', { conversation_id })).toContain(`No conversation ${conversation_id}`);
    expect(await ben.refusal('import_conversation', { format: 'json', content: document, user: 'anna' })).toContain('user');
  });

  it('store nothing of what cannot be read', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    for (const [format, content, why] of [
      ['json', '{"format":"recollect-conversation"', 'not JSON'],
      ['json', '{"format":"other","version":1,"conversation":{"id":"x"},"messages":[]}', 'format'],
      ['openai', '[{"role":"pirate","content":"arr"}]', 'role'],
      ['openai', '[]', 'no message'],
      ['markdown', 'Just a text.', 'no message'],
    ])
      expect(await agent.refusal('import_conversation', { format, content })).toContain(why);
    expect((await agent.call('list_conversations')).conversations).toEqual([]);
  });
});

describe('a conversation as Markdown', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }).filter((text) => !/[\n\r]/.test(text)),
    fc.constantFrom('<!-- recollect {"message":"x"} -->', '\\<!-- recollect x', '## user', '```', '---', '#', ''),
  );
  const text = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => lines.join('\n').replace(/^\n+|\n+$/g, ''));

  it('is read as it was written, whatever was said', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
        const written = texts.map((content, at) => markdownMessage({ ...MESSAGE, id: `m${at}`, content } as MessageRecord)).join('');
        const { messages } = readConversation('markdown', written);
        expect(messages.map(({ id, content }) => [id, content])).toEqual(texts.map((content, at) => [`m${at}`, content]));
      }),
    );
  });

  const MESSAGE = {
    role: 'user',
    author: 'An->na',
    user: null,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    toolCalls: null,
    toolResults: null,
  };
});
