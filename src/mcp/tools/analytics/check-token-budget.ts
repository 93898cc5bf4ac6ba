import { z } from 'zod';
import { invalidInput } from '../../../errors.js';
import { contentText } from '../../../repository/content.js';
import { estimateTokens, tokensOf } from '../../../tokens.js';
import { defineTool } from '../../define.js';
import { contentInput, conversationId, jsonObject, role, tokenCount } from '../../schemas.js';

const message = z.strictObject({
  role: role().describe('Who speaks.'),
  content: contentInput().describe('Text, or content parts.'),
  tool_calls: z.array(jsonObject()).max(200).optional().describe('{id, name, arguments}'),
  tool_results: z.array(jsonObject()).max(200).optional().describe('{tool_call_id, content}'),
  input_tokens: tokenCount().optional().describe('Prompt tokens, if known.'),
  output_tokens: tokenCount().optional().describe('Completion tokens, if known.'),
});

export default defineTool({
  name: 'check_token_budget',
  title: 'Check a token budget',
  description:
    'Whether a text, messages or a stored conversation fit into so many tokens. Counts that nobody gave are estimated: 4 bytes a token, 4 tokens a message.',
  toolset: 'analytics',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    max_tokens: z.number().int().min(1).max(1_000_000_000).describe('The budget.'),
    text: z.string().max(5_000_000).optional().describe('A text; or give messages or conversation_id.'),
    messages: z.array(message).min(1).max(1000).optional().describe('Messages as you would send them.'),
    conversation_id: conversationId().optional(),
  }),
  output: z.object({
    fits: z.boolean(),
    tokens: z.number(),
    remaining: z.number().describe('Negative: so many too much.'),
    estimated: z.boolean().describe('Some of it was not counted but estimated.'),
  }),

  async run({ max_tokens, text, messages, conversation_id }, { store }) {
    if ([text, messages, conversation_id].filter((source) => source !== undefined).length !== 1)
      throw invalidInput('Give exactly one of text, messages and conversation_id.');
    const { tokens, estimated } =
      conversation_id !== undefined
        ? await store.stats.tokens(conversation_id)
        : messages !== undefined
          ? cost(messages)
          : { tokens: estimateTokens(text ?? ''), estimated: true };
    return { fits: tokens <= max_tokens, tokens, remaining: max_tokens - tokens, estimated };
  },

  text: ({ fits, tokens, remaining, estimated }) =>
    `${estimated ? 'About ' : ''}${tokens} tokens: ${fits ? `fits, ${remaining} left` : `${-remaining} too much`}.`,
});

function cost(messages: z.output<typeof message>[]): { tokens: number; estimated: boolean } {
  const counted = messages.map(({ role, content, tool_calls, tool_results, input_tokens = null, output_tokens = null }) => ({
    role,
    text: contentText(content),
    toolCalls: tool_calls,
    toolResults: tool_results,
    inputTokens: input_tokens,
    outputTokens: output_tokens,
  }));
  return {
    tokens: counted.reduce((sum, one) => sum + tokensOf(one), 0),
    estimated: counted.some(
      ({ role, inputTokens, outputTokens }) => (role === 'assistant' ? outputTokens : (inputTokens ?? outputTokens)) === null,
    ),
  };
}
