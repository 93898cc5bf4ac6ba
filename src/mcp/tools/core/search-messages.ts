import { z } from 'zod';
import { counted } from '../../../counted.js';
import type { ContextMessage, SearchHit } from '../../../repository/search.js';
import { cutText } from '../../../search/snippet.js';
import { SEARCH_MODES } from '../../../services/ranker.js';
import { defineTool } from '../../define.js';
import { pageText } from '../../results.js';
import { conversationId, cursor, limit, messageView, role, timestamp, user } from '../../schemas.js';
import { viewMessage } from '../../views.js';

/** Characters of stored text in one answer: shared by the messages found, and by those around them. */
const ROOM = { hits: 20_000, context: 12_000 };

const contextView = messageView
  .pick({ id: true, seq: true, turn: true, role: true, author: true, created_at: true })
  .extend({ content: z.string(), truncated: z.boolean().optional() });

export default defineTool({
  name: 'search_messages',
  title: 'Search messages',
  description:
    'Find what was said, best match first. Any word may match; "a phrase" must occur, -word must not; a question (?) also finds its answer. context_turns brings the turns around each hit.',
  toolset: 'core',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    query: z.string().trim().min(1).max(2000).describe('Words to look for.'),
    conversation_id: conversationId().optional(),
    user: user().optional(),
    roles: z.array(role()).min(1).max(4).optional().describe('Only these.'),
    after: timestamp().optional().describe('Said from here on.'),
    before: timestamp().optional().describe('Said up to here.'),
    mode: z.enum(SEARCH_MODES).default('hybrid').describe('hybrid uses what there is.'),
    context_turns: z.number().int().min(0).max(5).default(0).describe('Turns before and after each hit (0).'),
    limit: limit(10, 50),
    cursor: cursor(1000).optional(),
  }),
  output: z.object({
    hits: z.array(
      z.object({
        message: messageView.extend({
          truncated: z.boolean().optional().describe('Clipped; load_history around_message_id has all of it.'),
        }),
        conversation: z.object({ id: z.string(), title: z.string().optional() }),
        score: z.number(),
        snippet: z.string(),
        before: z.array(contextView),
        after: z.array(contextView),
      }),
    ),
    next_cursor: z.string().nullable(),
    search: z.object({
      mode_used: z.enum(SEARCH_MODES),
      degraded: z.boolean(),
      reason: z.string().optional(),
      note: z.string().optional(),
    }),
  }),

  async run({ conversation_id, limit, cursor, context_turns, ...filter }, { store, recall }) {
    const { hits, nextCursor, search, note } = await recall.search(
      store,
      { ...filter, conversationId: conversation_id },
      { limit, cursor, contextTurns: context_turns },
    );
    const around = hits.reduce((count, { before, after }) => count + before.length + after.length, 0);
    const hitLength = share(ROOM.hits, hits.length, 4000);
    const contextLength = share(ROOM.context, around, 1000);
    return {
      hits: hits.map((hit) => ({
        message: viewHit(hit, hitLength),
        conversation: { id: hit.conversation.id, ...(hit.conversation.title === null ? {} : { title: hit.conversation.title }) },
        score: Math.round(hit.score * 1e4) / 1e4,
        snippet: hit.snippet,
        before: hit.before.map((message) => viewContext(message, contextLength)),
        after: hit.after.map((message) => viewContext(message, contextLength)),
      })),
      next_cursor: nextCursor,
      search: {
        mode_used: search.modeUsed,
        degraded: search.degraded,
        ...(search.reason === null ? {} : { reason: search.reason }),
        ...(note === null ? {} : { note }),
      },
    };
  },

  text({ hits, next_cursor, search }) {
    if (hits.length === 0) return `Nothing found. ${search.note ?? 'Try other words, or fewer filters.'}`;
    const lines = hits.flatMap(({ message, conversation, score, snippet, before, after }, at) => [
      `${at + 1}. ${line(message, snippet)}`,
      `   score ${score.toFixed(2)}, in conversation ${conversation.id}${conversation.title ? ` “${conversation.title}”` : ''}`,
      ...before.map((message) => `   before: ${line(message, cutText(message.content, 300))}`),
      ...after.map((message) => `   after: ${line(message, cutText(message.content, 300))}`),
    ]);
    return pageText(`${counted(hits.length, 'message')}, best first:`, lines, next_cursor);
  },
});

type Said = Pick<z.output<typeof contextView>, 'id' | 'seq' | 'role' | 'author' | 'created_at'>;

const line = ({ seq, role, author, created_at, id }: Said, text: string): string =>
  `[${[`#${seq}`, role, author, created_at, id].filter(Boolean).join(' · ')}] ${text}`;

const share = (room: number, among: number, most: number): number => Math.max(100, Math.min(most, Math.floor(room / Math.max(among, 1))));

/** A message larger than its share is answered as the beginning of its text. */
function viewHit({ message, truncated }: SearchHit, length: number) {
  const parts = [message.content, message.toolCalls, message.toolResults, message.metadata];
  if (!truncated && JSON.stringify(parts).length <= length + 200) return viewMessage(message);
  const clipped = { ...message, content: cutText(message.text, length), toolCalls: null, toolResults: null, metadata: {} };
  return { ...viewMessage(clipped), truncated: true };
}

const viewContext = ({ id, seq, turn, role, author, text, truncated, createdAt }: ContextMessage, length: number) => ({
  id,
  seq,
  turn,
  role,
  ...(author === null ? {} : { author }),
  content: cutText(text, length),
  ...(truncated || text.length > length ? { truncated: true } : {}),
  created_at: createdAt.toISOString(),
});
