import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toAnthropic } from '../../src/mcp/formats/anthropic.js';
import { toOpenAi } from '../../src/mcp/formats/openai.js';
import type { JsonObject, MessageRecord } from '../../src/repository/records.js';

const message = (role: MessageRecord['role'], content: MessageRecord['content'], more: Partial<MessageRecord> = {}): MessageRecord => ({
  id: '0',
  conversationId: '0',
  seq: 1,
  turn: 1,
  role,
  type: 'text',
  status: 'sent',
  author: null,
  user: null,
  content,
  text: typeof content === 'string' ? content : '',
  toolCalls: null,
  toolResults: null,
  inputTokens: null,
  outputTokens: null,
  clientMessageId: null,
  metadata: {},
  createdAt: new Date(0),
  editedAt: null,
  deletedAt: null,
  assets: null,
  ...more,
});

const call = (id: string, more: Partial<MessageRecord> = {}) =>
  message('assistant', '', { toolCalls: [{ id, name: 'weather', arguments: { city: 'Rome' } }], ...more });
const result = (id: string, content = 'sunny') => message('tool', content, { toolResults: [{ tool_call_id: id, content }] });

describe('openai format', () => {
  it('pairs calls with results', () => {
    const { messages, dropped } = toOpenAi([
      message('user', 'weather?', { author: 'Ada L.' }),
      call('c1'),
      result('c1'),
      message('assistant', 'Sunny.'),
    ]);
    expect(messages).toEqual([
      { role: 'user', content: 'weather?', name: 'Ada_L_' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
      { role: 'assistant', content: 'Sunny.' },
    ]);
    expect(dropped).toBe(0);
  });

  it('reads calls and results saved in the shape of either API', () => {
    const native = message('assistant', 'Looking.', {
      toolCalls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
    });
    const { messages } = toOpenAi([native, message('tool', '42', { metadata: { tool_call_id: 'x' } })]);
    expect(messages[0]).toMatchObject({ content: 'Looking.', tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] });
    expect(messages[1]).toEqual({ role: 'tool', tool_call_id: 'x', content: '42' });
  });

  it('leaves out what a page cut in two', () => {
    expect(toOpenAi([result('lost'), message('user', 'hi'), call('open')])).toEqual({
      messages: [{ role: 'user', content: 'hi' }],
      dropped: 2,
    });
  });
});

describe('anthropic format', () => {
  it('pairs calls with results, keeps the system prompt apart and starts with the user', () => {
    const all = [
      message('system', 'Be kind.'),
      message('assistant', 'Welcome'),
      message('user', 'weather?'),
      call('c1', { content: 'Looking.', text: 'Looking.' }),
      result('c1'),
      message('assistant', 'Sunny.'),
    ];
    expect(toAnthropic(all)).toEqual({
      system: 'Be kind.',
      dropped: 1,
      messages: [
        { role: 'user', content: 'weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Looking.' },
            { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Rome' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'sunny' }] },
        { role: 'assistant', content: 'Sunny.' },
      ],
    });
  });
});

/** Any mixture of messages, with calls and results that match, miss or repeat each other. */
const anyHistory = fc.array(
  fc.oneof(
    fc.constantFrom('user', 'assistant', 'system').map((role) => message(role as MessageRecord['role'], 'text')),
    fc.constantFrom('assistant').map((role) => message(role as MessageRecord['role'], '')),
    fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
      .map((ids) => message('assistant', '', { toolCalls: ids.map((id) => ({ id, name: 'f', arguments: {} })) })),
    fc.constantFrom('a', 'b', 'c').map((id) => result(id)),
    fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
      .map((ids) => message('user', '', { toolResults: ids.map((id) => ({ tool_call_id: id, content: 'x' })) })),
  ),
  { maxLength: 14 },
);

describe('any history', () => {
  it('becomes messages that OpenAI accepts: every call answered once, right after it', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let open: string[] = [];
        for (const item of toOpenAi(history).messages) {
          if (item.role === 'tool') {
            expect(open).toContain(item.tool_call_id);
            open = open.filter((id) => id !== item.tool_call_id);
            continue;
          }
          expect(open).toEqual([]);
          const calls = (item.tool_calls ?? []) as JsonObject[];
          expect(item.content !== null || calls.length > 0).toBe(true);
          open = calls.map((entry) => String(entry.id));
          expect(new Set(open).size).toBe(open.length);
        }
        expect(open).toEqual([]);
      }),
    );
  });

  it('becomes messages that Anthropic accepts: alternating roles, no empty content, results first and complete', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let open: string[] = [];
        let role = 'assistant';
        for (const item of toAnthropic(history).messages) {
          expect(item.role).not.toBe(role);
          role = item.role as string;
          expect(item.content).not.toHaveLength(0);
          const blocks = (Array.isArray(item.content) ? item.content : [{ type: 'text' }]) as JsonObject[];
          const results = blocks.filter((block) => block.type === 'tool_result');
          expect(blocks.slice(0, results.length)).toEqual(results);
          expect(results.map((block) => block.tool_use_id).sort()).toEqual(open.sort());
          open = blocks.filter((block) => block.type === 'tool_use').map((block) => String(block.id));
          expect(new Set(open).size).toBe(open.length);
        }
        expect(open).toEqual([]);
      }),
    );
  });
});
