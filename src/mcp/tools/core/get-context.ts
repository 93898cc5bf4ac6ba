import { z } from 'zod';
import { contentText } from '../../../repository/content.js';
import type { ConversationRecord, MessageRecord } from '../../../repository/records.js';
import type { TaskRecord } from '../../../repository/tasks.js';
import type { UserRecord } from '../../../repository/users.js';
import { cutText } from '../../../search/snippet.js';
import { gatherContext } from '../../../services/context.js';
import { costOf, divide } from '../../../services/context-budget.js';
import { defineTool } from '../../define.js';
import { clip, cutToBytes } from '../../results.js';
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
    max_tokens: z.number().int().min(50).max(100_000).default(2000).describe('Budget (2000).'),
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
    // A quarter of the budget, at four bytes a token, is as much as one text may take.
    const longest = Math.max(160, max_tokens);
    const budget = max_tokens - FRAME;
    const profile = profileEntries(parts.user);
    const { kept, dropped } = divide(
      {
        profile: { share: SHARE, entries: profile },
        summary: { share: SHARE, entries: summaryEntries(parts.conversation, longest, SHARE * budget + unusedBy(profile, SHARE * budget)) },
        tasks: { share: 0.1, entries: parts.tasks.map(viewOpenTask) },
        recent: { share: 0.3, entries: parts.recent.map((message) => viewRecent(message, longest)) },
        memories: { share: 0.2, entries: parts.memories.map((hit) => viewHit(viewRecalled(hit, false), longest)) },
        facts: { share: 0.1, entries: parts.facts.map((hit) => viewHit(viewRecalled(hit, false), longest)) },
      },
      budget,
    );
    const pack = {
      profile: kept.profile.length > 0 ? Object.assign({}, ...kept.profile) : null,
      summary: kept.summary.length > 0 ? Object.assign({}, ...kept.summary) : null,
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
    const room = Math.max(200, Math.floor(TEXT_ROOM.recent / recent.length));
    const isLong = recent.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) > TEXT_ROOM.recent;
    // What is cut when all of it is too long stands last.
    const lines = [
      ...(profile ? section('User (profile):', [clip(JSON.stringify(profile), TEXT_ROOM.header)]) : []),
      ...(summary ? section('Conversation (what was noted of it):', [clip(JSON.stringify(summary), TEXT_ROOM.header)]) : []),
      ...section(
        'Newest messages:',
        recent.map(({ id, role, author, created_at, text }) => {
          const from = [role, author, created_at, id].filter(Boolean).join(' · ');
          return `- [${from}] ${isLong ? clip(text, room) : text}`;
        }),
      ),
      ...section(
        'Open tasks:',
        tasks.map(({ id, title, due_at }) => `- [${['task', due_at, id].filter(Boolean).join(' · ')}] ${title}`),
      ),
      ...section('Known from earlier (memories and messages):', memories.map(found)),
      ...section('Facts (graph):', facts.map(found)),
    ];
    if (lines.length === 0) return dropped > 0 ? `Nothing fits: ${dropped} entries; ask with more max_tokens.` : 'Nothing is known yet.';
    const left = dropped > 0 ? ` ${dropped} entries had no room; ask with more max_tokens, or recall.` : '';
    return [`About ${total_tokens} tokens.${left}`, ...lines].join('\n');
  },
});

/** Bytes of the readable text: of the profile and the summary each, and of the newest messages together. */
const TEXT_ROOM = { header: 2000, recent: 10_000 };

/** Of the profile, and of the summary. */
const SHARE = 0.15;
/** What an answer without entries costs. */
const FRAME = costOf({
  ...{ profile: null, summary: null, tasks: [], recent: [], memories: [], facts: [] },
  ...{ total_tokens: 100_000, dropped: 100_000 },
});

const OWN_KEYS = new Set(['user', 'display_name']);

/** One entry a key, the shortest first, so that of a large profile as many as possible are shown. */
function profileEntries(user: UserRecord | null): Record<string, unknown>[] {
  if (!user) return [];
  const { externalId, displayName, profile, documents } = user;
  const known = [
    ...Object.entries(profile).map(([key, value]) => ({ [OWN_KEYS.has(key) ? `profile ${key}` : key]: value })),
    ...Object.entries(documents).map(([key, value]) => ({ [`document ${key}`]: value })),
  ];
  return [{ user: externalId }, { display_name: displayName ?? externalId }, ...known.sort((a, b) => costOf(a) - costOf(b))];
}

const costOfAll = (entries: readonly unknown[]): number => entries.reduce<number>((sum, entry) => sum + costOf(entry), 0);
const unusedBy = (entries: readonly unknown[], share: number): number => Math.max(0, share - costOfAll(entries));

/** `room` is what the entries may cost together: the summary is cut to what the others leave of it. */
function summaryEntries(conversation: ConversationRecord | null, longest: number, room: number): Record<string, unknown>[] {
  if (!conversation) return [];
  const { title, topic, status, messageCount, lastActivityAt, currentGoal, summary } = conversation;
  const goal = currentGoal !== null && { current_goal: currentGoal };
  // One that is larger than a text may be stands last, or it would keep the others out.
  const isLarge = goal && Buffer.byteLength(JSON.stringify(goal)) > longest;
  const entries = [
    { conversation_id: conversation.id },
    { status, message_count: messageCount, last_activity_at: lastActivityAt.toISOString() },
    title !== null && { title },
    !isLarge && goal,
    topic !== null && { topic },
  ].filter((entry) => entry !== false);
  const left = Math.max(40, Math.floor(room - costOfAll(entries)) - 1);
  return [...entries, ...(summary === null ? [] : [{ summary: fitted(summary, left) }]), ...(isLarge ? [goal] : [])];
}

/** As much of the beginning of a text as costs no more than so many tokens where it is answered. */
function fitted(text: string, tokens: number): string {
  let shown = cutToBytes(text, tokens * 4);
  while (costOf({ summary: shown }) > tokens) shown = cutToBytes(shown, Math.floor(Buffer.byteLength(shown) * 0.8));
  return shown;
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
    ...cutTo(text, longest),
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
    ...cutTo(text, longest),
  };
}

function cutTo(whole: string, bytes: number): { text: string; truncated?: true } {
  const text = cutToBytes(whole, bytes);
  return { text, ...(text.length < whole.length ? { truncated: true } : {}) };
}
