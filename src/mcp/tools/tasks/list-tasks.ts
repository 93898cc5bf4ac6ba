import { z } from 'zod';
import { counted } from '../../../counted.js';
import { cutText } from '../../../search/snippet.js';
import { defineTool } from '../../define.js';
import { pageText } from '../../results.js';
import { conversationId, cursor, limit, name, taskStatus, taskView, timestamp, user } from '../../schemas.js';
import { viewTask } from '../../views.js';

const DETAILS = 500;

export default defineTool({
  name: 'list_tasks',
  title: 'List tasks',
  description: 'Follow-ups and reminders, soonest due first, those without a due time last.',
  toolset: 'tasks',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    status: z.array(taskStatus()).min(1).max(3).optional().describe('Only these.'),
    user: user().optional(),
    conversation_id: conversationId().optional(),
    due_before: timestamp().optional().describe('Due up to here.'),
    due_after: timestamp().optional().describe('Due from here on.'),
    query: name(500).optional().describe('Text in title or details.'),
    limit: limit(20, 100),
    cursor: cursor().optional(),
  }),
  output: z.object({ tasks: z.array(taskView), next_cursor: z.string().nullable() }),

  async run({ limit, cursor, conversation_id, due_before, due_after, ...filter }, { store }) {
    const { items, nextCursor } = await store.tasks.list(
      { ...filter, conversationId: conversation_id, dueBefore: due_before, dueAfter: due_after },
      { limit, cursor },
    );
    return { tasks: items.map(viewTask), next_cursor: nextCursor };
  },

  text({ tasks, next_cursor }) {
    if (tasks.length === 0) return 'No task matches.';
    const lines = tasks.map(
      ({ id, title, status, due_at, user, details }) =>
        `- ${id} [${status}] ${title}${due_at ? ` · due ${due_at}` : ''}${user ? ` · ${user}` : ''}${details ? `\n  ${cutText(details, DETAILS)}` : ''}`,
    );
    return pageText(`${counted(tasks.length, 'task')}:`, lines, next_cursor);
  },
});
