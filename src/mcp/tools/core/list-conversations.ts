import { z } from 'zod';
import { counted } from '../../../counted.js';
import { defineTool } from '../../define.js';
import { pageText } from '../../results.js';
import { conversationStatus, conversationView, cursor, limit, name, timestamp, user } from '../../schemas.js';
import { viewConversation } from '../../views.js';

export default defineTool({
  name: 'list_conversations',
  title: 'List conversations',
  description: 'Find conversations, newest activity first. To find what was said in them, use search_messages.',
  toolset: 'core',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    user: user().optional(),
    status: z.array(conversationStatus()).min(1).max(5).optional().describe('Only these.'),
    platform: name().optional().describe('Only this platform.'),
    device: name(500).optional().describe('Only this device.'),
    topic: name(500).optional().describe('Exactly this topic.'),
    query: name(500).optional().describe('Text in title, summary or topic.'),
    active_after: timestamp().optional().describe('Last activity from here on.'),
    active_before: timestamp().optional().describe('Last activity up to here.'),
    limit: limit(20, 100),
    cursor: cursor().optional(),
  }),
  output: z.object({ conversations: z.array(conversationView), next_cursor: z.string().nullable() }),

  async run({ limit, cursor, active_after, active_before, ...filter }, { store }) {
    const page = await store.conversations.list({ ...filter, activeAfter: active_after, activeBefore: active_before }, { limit, cursor });
    return { conversations: page.items.map(viewConversation), next_cursor: page.nextCursor };
  },

  text({ conversations, next_cursor }) {
    if (conversations.length === 0) return 'No conversation matches.';
    const lines = conversations.map(
      ({ id, title, topic, status, message_count, last_activity_at, user }) =>
        `- ${id} ${title ?? topic ?? '(untitled)'} · ${status} · ${counted(message_count, 'message')} · last ${last_activity_at}${user ? ` · ${user}` : ''}`,
    );
    return pageText(`${counted(conversations.length, 'conversation')}, newest activity first:`, lines, next_cursor);
  },
});
