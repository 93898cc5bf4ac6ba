import { z } from 'zod';
import { invalidInput } from '../../../errors.js';
import { contentText } from '../../../repository/content.js';
import { levelOf, type TokenBudget } from '../../../repository/quotas/token-budgets.js';
import { TOKEN_PERIODS } from '../../../repository/retention/retention-policy.js';
import { estimateTokens, tokensOf } from '../../../tokens.js';
import { defineTool } from '../../define.js';
import { contentInput, conversationId, jsonObject, role, tokenCount, user } from '../../schemas.js';

const message = z.strictObject({
  role: role().describe('Who speaks.'),
  content: contentInput().describe('Text, or content parts.'),
  tool_calls: z.array(jsonObject()).max(200).optional().describe('{id, name, arguments}'),
  tool_results: z.array(jsonObject()).max(200).optional().describe('{tool_call_id, content}'),
  input_tokens: tokenCount().optional().describe('Prompt tokens, if known.'),
  output_tokens: tokenCount().optional().describe('Completion tokens, if known.'),
});

const moment = () => z.string().meta({ format: 'date-time' });
const budgetView = z.object({
  user: z.string().nullable(),
  period: z.enum(TOKEN_PERIODS),
  start: moment(),
  end: moment(),
  used: z.number().describe('Tokens of the messages of this period.'),
  warn: z.number().nullable(),
  refuse: z.number().nullable().describe('Turns beyond it are refused.'),
});

export default defineTool({
  name: 'check_token_budget',
  title: 'Check a token budget',
  description:
    'Whether a text, messages or a stored conversation fit into so many tokens, and where a user stands in the budget of this day, week or month. Counts that nobody gave are estimated: 4 bytes a token, 4 tokens a message.',
  toolset: 'analytics',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    max_tokens: z.number().int().min(1).max(1_000_000_000).optional().describe("The limit; without it what is left of the user's budget."),
    text: z.string().max(5_000_000).optional().describe('A text; or give messages or conversation_id; or none, to see the budget.'),
    messages: z.array(message).min(1).max(1000).optional().describe('Messages as you would send them.'),
    conversation_id: conversationId().optional(),
    user: user().optional(),
  }),
  output: z.object({
    fits: z.boolean(),
    tokens: z.number(),
    remaining: z.number().nullable().describe('Negative: so many too much; null: there is no limit.'),
    estimated: z.boolean().describe('Some of it was not counted but estimated.'),
    level: z.enum(['ok', 'warn', 'refuse']).describe('Where the user stands with these tokens.'),
    budget: budgetView.nullable().describe('Null: the user is not known, or nobody set one.'),
  }),

  async run({ max_tokens, text, messages, conversation_id, user }, { store, principal }) {
    const sources = [text, messages, conversation_id].filter((source) => source !== undefined).length;
    if (sources > 1 || (sources === 0 && max_tokens !== undefined))
      throw invalidInput(
        'Give exactly one of text, messages and conversation_id.',
        'To see a budget alone, give none of them and no max_tokens.',
      );
    const { tokens, estimated } =
      conversation_id !== undefined
        ? await store.stats.tokens(conversation_id)
        : messages !== undefined
          ? cost(messages)
          : { tokens: text === undefined ? 0 : estimateTokens(text), estimated: text !== undefined };
    const isSomebodys = user !== undefined || conversation_id !== undefined || principal.user !== null;
    const budget = isSomebodys ? await store.tokenBudgets.find({ user, conversationId: conversation_id }) : null;
    // What is stored already is among what was used.
    const more = conversation_id === undefined ? tokens : 0;
    const left = budget?.refuse == null ? null : budget.refuse - budget.used - more;
    const remaining = max_tokens === undefined ? left : max_tokens - tokens;
    return {
      fits: remaining === null || remaining >= 0,
      tokens,
      remaining,
      estimated,
      level: budget ? levelOf(budget, more) : ('ok' as const),
      budget: budget && viewBudget(budget),
    };
  },

  text({ fits, tokens, remaining, estimated, level, budget }) {
    const size = `${estimated ? 'About ' : ''}${tokens} tokens`;
    const room = remaining === null ? 'no limit' : fits ? `fits, ${remaining} left` : `${-remaining} too much`;
    const standing = budget && {
      ok: 'within the budget',
      warn: `above the ${budget.warn} at which to take care`,
      refuse: `beyond the ${budget.refuse} that are allowed; turns are refused until ${budget.end}`,
    };
    return `${size}: ${room}.${budget ? ` ${budget.user ?? 'The user'} has used ${budget.used} this ${budget.period}: ${standing?.[level]}.` : ''}`;
  },
});

const viewBudget = ({ start, end, ...budget }: TokenBudget) => ({ ...budget, start: start.toISOString(), end: end.toISOString() });

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
