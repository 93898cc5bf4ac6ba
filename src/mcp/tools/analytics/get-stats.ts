import { z } from 'zod';
import { counted } from '../../../counted.js';
import { PERIODS } from '../../../repository/periods.js';
import { viewStats } from '../../../services/stats-view.js';
import { defineTool } from '../../define.js';
import { timestamp, user } from '../../schemas.js';

const counts = () => z.record(z.string(), z.number());
const activity = () => z.object({ user: z.string(), conversations: z.number(), messages: z.number() });
const moment = () => z.string().meta({ format: 'date-time' });

export default defineTool({
  name: 'get_stats',
  title: 'Get statistics',
  description: 'What is stored, in numbers: totals, averages, the longest conversation, the most active users, messages over time.',
  toolset: 'analytics',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    user: user().optional(),
    period: z.enum(PERIODS).default('day').describe('Length of each entry of by_period, in UTC.'),
    from: timestamp().optional().describe('Where by_period begins: else 30 days, 12 weeks or 12 months back.'),
    to: timestamp().optional().describe('Where it ends (now).'),
  }),
  output: z.object({
    totals: z.object({
      conversations: z.number(),
      conversations_by_status: counts(),
      messages: z.number(),
      messages_by_role: counts(),
      users: z.number(),
      memories: z.number(),
      tasks: z.number(),
      tasks_by_status: counts(),
      input_tokens: z.number(),
      output_tokens: z.number(),
      total_tokens: z.number().describe('As stored by the callers.'),
    }),
    averages: z.object({
      messages_per_conversation: z.number(),
      turns_per_conversation: z.number(),
      tokens_per_conversation: z.number(),
    }),
    longest_conversation: z
      .object({ id: z.string(), title: z.string().nullable(), user: z.string().nullable(), message_count: z.number() })
      .nullable(),
    most_active_user: activity().nullable(),
    most_active_users: z.array(activity()).describe('By messages in their conversations.'),
    by_platform: z.array(z.object({ platform: z.string().nullable(), conversations: z.number(), messages: z.number() })),
    by_period: z.array(z.object({ start: moment(), end: moment(), messages: z.number(), tokens: z.number() })),
    pending_embeddings: z.number().describe('10,000 may stand for more.'),
  }),

  run: async (query, { store, embeddings }) => viewStats(await store.stats.summary(query, embeddings.models)),

  text({ totals, averages, longest_conversation: longest, most_active_users: active, pending_embeddings }) {
    return [
      `${counted(totals.conversations, 'conversation')} (${list(totals.conversations_by_status)}), ${counted(totals.messages, 'message')} (${list(totals.messages_by_role)}), ${counted(totals.users, 'user')}, ${counted(totals.memories, 'memory', 'memories')}, ${counted(totals.tasks, 'task')} (${list(totals.tasks_by_status)}), ${totals.total_tokens} tokens.`,
      `On average ${averages.messages_per_conversation} messages and ${averages.tokens_per_conversation} tokens a conversation.`,
      longest
        ? `Longest: ${longest.id}${longest.title ? ` “${longest.title}”` : ''}, ${counted(longest.message_count, 'message')}${longest.user ? `, of ${longest.user}` : ''}.`
        : '',
      active.length > 0
        ? `Most active: ${active.map(({ user, messages, conversations }) => `${user} (${counted(messages, 'message')} in ${counted(conversations, 'conversation')})`).join(', ')}.`
        : '',
      `Waiting to be embedded: ${pending_embeddings}.`,
    ]
      .filter(Boolean)
      .join('\n');
  },
});

const list = (numbers: Record<string, number>): string =>
  Object.entries(numbers)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';
