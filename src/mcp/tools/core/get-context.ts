import { z } from 'zod';
import { contentText } from '../../../repository/content.js';
import type { ConversationRecord, MessageRecord } from '../../../repository/records.js';
import type { TaskRecord } from '../../../repository/tasks.js';
import type { UserRecord } from '../../../repository/users.js';
import { cutText } from '../../../search/snippet.js';
import { type ContextParts, gatherContext } from '../../../services/context.js';
import { costOf, divide } from '../../../services/context-budget.js';
import { defineTool } from '../../define.js';
import { conversationId, conversationKey, role, user } from '../../schemas.js';
import { viewRecalled } from '../../views.js';

const hit = z.looseObject({ source: z.string(), id: z.string(), text: z.string(), occurred_at: z.string() });

export default defineTool({
  name: 'get_context',
  title: 'Get context',
  description:
    'What to know before you answer, in one call and one budget: the user, the summary and newest messages of the conversation, open tasks, and what was said or learned earlier that fits.',
  toolset: 'core',
  scope: 'memories:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    conversation_id: conversationId().optional(),
    conversation_key: conversationKey().optional(),
    query: z.string().trim().min(1).max(2000).optional().describe('What it is about (the last user message).'),
    user: user().optional(),
    max_tokens: z.number().int().min(200).max(100_000).default(2000).describe('Budget (2000).'),
  }),
  output: z.object({
    profile: z.looseObject({ user: z.string() }).nullable(),
    summary: z.looseObject({ conversation_id: z.string() }).nullable(),
    tasks: z.array(z.looseObject({ id: z.string(), title: z.string() })),
    recent: z.array(z.looseObject({ id: z.string(), role: role(), text: z.string() })).describe('Oldest first.'),
    memories: z.array(hit).describe('Memories, and what was said earlier.'),
    facts: z.array(hit).describe('Of the graph.'),
    total_tokens: z.number(),
    dropped: z.number().describe('Entries the budget had no room for.'),
  }),

  async run({ conversation_id, conversation_key, query, user, max_tokens }, { store, recall }) {
    const parts = await gatherContext(store, recall, { conversationId: conversation_id, conversationKey: conversation_key, query, user });
    const longest = Math.max(160, max_tokens);
    const { kept, dropped } = divide(
      {
        profile: { share: 0.15, entries: profileEntries(parts.user) },
        summary: { share: 0.15, entries: summaryEntries(parts.conversation, longest) },
        tasks: { share: 0.1, entries: parts.tasks.map(viewOpenTask) },
        recent: { share: 0.3, entries: parts.recent.map((message) => viewRecent(message, longest)) },
        memories: { share: 0.2, entries: parts.memories.map((hit) => viewHit(viewRecalled(hit, false), longest)) },
        facts: { share: 0.1, entries: parts.facts.map((hit) => viewHit(viewRecalled(hit, false), longest)) },
      },
      max_tokens - frameOf(parts),
    );
    const pack = {
      profile: parts.user ? { user: parts.user.externalId, ...Object.assign({}, ...kept.profile) } : null,
      summary:
        parts.conversation && kept.summary.length > 0
          ? { conversation_id: parts.conversation.id, ...Object.assign({}, ...kept.summary) }
          : null,
      tasks: kept.tasks,
      recent: kept.recent.toReversed(),
      memories: kept.memories,
      facts: kept.facts,
    };
    return { ...pack, total_tokens: costOf({ ...pack, total_tokens: 100_000, dropped }), dropped };
  },

  text({ profile, summary, tasks, recent, memories, facts, total_tokens, dropped }) {
    const section = (title: string, lines: string[]): string[] => (lines.length > 0 ? [title, ...lines] : []);
    const found = ({ source, id, text, occurred_at }: z.output<typeof hit>) => `- [${source} · ${occurred_at} · ${id}] ${text}`;
    const lines = [
      ...(profile ? section('User (profile):', [JSON.stringify(profile)]) : []),
      ...(summary ? section('Conversation (what was noted of it):', [JSON.stringify(summary)]) : []),
      ...section(
        'Open tasks:',
        tasks.map(({ id, title, due_at }) => `- [${['task', due_at, id].filter(Boolean).join(' · ')}] ${title}`),
      ),
      ...section('Known from earlier (memories and messages):', memories.map(found)),
      ...section('Facts (graph):', facts.map(found)),
      ...section(
        'Newest messages:',
        recent.map(({ id, role, author, created_at, text }) => `- [${[role, author, created_at, id].filter(Boolean).join(' · ')}] ${text}`),
      ),
    ];
    if (lines.length === 0) return 'Nothing is known yet.';
    return [
      ...lines,
      `About ${total_tokens} tokens.${dropped > 0 ? ` ${dropped} entries had no room; ask with more max_tokens, or recall.` : ''}`,
    ].join('\n');
  },
});

/** What an answer without entries costs. */
const frameOf = ({ user, conversation }: ContextParts): number =>
  costOf({
    profile: user && { user: user.externalId },
    summary: conversation && { conversation_id: conversation.id },
    ...{ tasks: [], recent: [], memories: [], facts: [], total_tokens: 100_000, dropped: 100 },
  });

/** One entry a key, so that a large profile is shown in part. */
function profileEntries(user: UserRecord | null): Record<string, unknown>[] {
  if (!user) return [];
  const { displayName, profile, documents } = user;
  return [
    { display_name: displayName ?? user.externalId },
    ...Object.entries(profile).map(([key, value]) => ({ [key]: value })),
    ...Object.entries(documents).map(([key, value]) => ({ [`document ${key}`]: value })),
  ];
}

function summaryEntries(conversation: ConversationRecord | null, longest: number): Record<string, unknown>[] {
  if (!conversation) return [];
  const { title, topic, status, messageCount, lastActivityAt, currentGoal, summary } = conversation;
  const entries = [
    { status, message_count: messageCount, last_activity_at: lastActivityAt.toISOString() },
    title !== null && { title },
    currentGoal !== null && { current_goal: currentGoal },
    topic !== null && { topic },
    summary !== null && { summary: cutText(summary, longest) },
  ];
  return entries.filter((entry) => entry !== false);
}

const viewOpenTask = ({ id, title, details, dueAt }: TaskRecord) => ({
  id,
  title,
  ...(details === null ? {} : { details: cutText(details, 200) }),
  ...(dueAt === null ? {} : { due_at: dueAt.toISOString() }),
});

function viewRecent({ id, role, author, createdAt, seq, content }: MessageRecord, longest: number) {
  const text = contentText(content);
  return {
    id,
    seq,
    role,
    ...(author === null ? {} : { author }),
    created_at: createdAt.toISOString(),
    text: cutText(text, longest),
    ...(text.length > longest ? { truncated: true } : {}),
  };
}

function viewHit({ source, id, text, occurred_at, ...rest }: ReturnType<typeof viewRecalled>, longest: number) {
  const { role, author, kind, title, conversation_id } = rest;
  const from = { role, author, kind, title, conversation_id };
  return {
    source,
    id,
    occurred_at,
    ...Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)),
    text: cutText(text, longest),
    ...(text.length > longest ? { truncated: true } : {}),
  };
}
