import { z } from 'zod';
import { counted } from '../../../counted.js';
import { EVENT_TYPES } from '../../../repository/events.js';
import { defineTool } from '../../define.js';
import { conversationId, jsonObject, limit } from '../../schemas.js';

/** Hosts give up on a call after some thirty seconds. */
const LONGEST_WAIT_MS = 25_000;

export default defineTool({
  name: 'poll_events',
  title: 'Poll events',
  description:
    'Read what happened to conversations and messages since a cursor, in order, nothing missed and nothing twice. Start with after "0"; go on with next_cursor.',
  toolset: 'messages',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  waits: true,
  input: z.strictObject({
    after: z
      .union([z.string().max(20_000), z.number().int().min(0)])
      .transform(String)
      .describe('next_cursor of the last answer, or "0" for the beginning.'),
    conversation_id: conversationId().optional(),
    types: z.array(z.enum(EVENT_TYPES)).min(1).max(EVENT_TYPES.length).optional().describe('Only these.'),
    wait_ms: z.number().int().min(0).max(LONGEST_WAIT_MS).default(0).describe('Wait this long for something to happen.'),
    limit: limit(50, 200),
  }),
  output: z.object({
    events: z.array(
      z.object({
        cursor: z.string(),
        event_seq: z.number(),
        type: z.enum(EVENT_TYPES),
        conversation_id: z.string(),
        message_id: z.string().optional(),
        actor: z.string().optional(),
        before: jsonObject().optional(),
        after: jsonObject().optional(),
        occurred_at: z.string().meta({ format: 'date-time' }),
      }),
    ),
    next_cursor: z.string(),
    has_more: z.boolean(),
  }),

  async run({ after, conversation_id, types, wait_ms, limit }, { store, principal, changes, signal }) {
    const query = { conversationId: conversation_id, types, limit };
    const end = Date.now() + wait_ms;
    // Waiting starts before reading: what is written between the two then wakes it.
    let woken = changes.waitFor(principal.tenantId, signal, wait_ms);
    let page = await store.events.poll({ ...query, after });
    while (page.events.length === 0 && Date.now() < end && !signal.aborted && !changes.ending) {
      await woken;
      woken = changes.waitFor(principal.tenantId, signal, end - Date.now());
      page = await store.events.poll({ ...query, after: page.nextCursor });
    }
    return {
      events: page.events.map((event) => ({
        cursor: event.cursor,
        event_seq: event.eventSeq,
        type: event.type,
        conversation_id: event.conversationId,
        ...(event.messageId === null ? {} : { message_id: event.messageId }),
        ...(event.actor === null ? {} : { actor: event.actor }),
        ...(event.before === null ? {} : { before: event.before }),
        ...(event.after === null ? {} : { after: event.after }),
        occurred_at: event.occurredAt.toISOString(),
      })),
      next_cursor: page.nextCursor,
      has_more: page.hasMore,
    };
  },

  text({ events, next_cursor, has_more }) {
    if (events.length === 0) return `Nothing new. Go on with after "${next_cursor}".`;
    const lines = events.map(({ type, conversation_id, message_id, actor, occurred_at }) =>
      [`- ${occurred_at} ${type}`, message_id ? `message ${message_id}` : '', `conversation ${conversation_id}`, actor ? `by ${actor}` : '']
        .filter(Boolean)
        .join(' '),
    );
    return [
      `${counted(events.length, 'event')}:`,
      ...lines,
      `${has_more ? 'There are more: g' : 'G'}o on with after "${next_cursor}".`,
    ].join('\n');
  },
});
