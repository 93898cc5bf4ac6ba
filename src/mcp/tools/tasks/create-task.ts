import { z } from 'zod';
import { defineTool } from '../../define.js';
import { conversationId, jsonObject, name, taskView, timestamp, user, uuid } from '../../schemas.js';
import { viewTask } from '../../views.js';

export default defineTool({
  name: 'create_task',
  title: 'Create a task',
  description: 'Keep a follow-up or reminder. With a client_id it is made once, however often you call.',
  toolset: 'tasks',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  input: z.strictObject({
    title: name(500).describe('What is to be done.'),
    details: z.string().max(20_000).optional().describe('More about it.'),
    due_at: timestamp().optional().describe('When it is due.'),
    user: user().optional(),
    conversation_id: conversationId().optional(),
    message_id: uuid().optional().describe('Message it comes from.'),
    metadata: jsonObject().optional().describe('Anything else.'),
    client_id: name().optional().describe('Your id: creating it again changes nothing.'),
  }),
  output: z.object({ task: taskView, created: z.boolean().describe('False: it was there already.') }),

  async run({ due_at, conversation_id, message_id, client_id, ...task }, { store }) {
    const made = await store.tasks.create({
      ...task,
      dueAt: due_at,
      conversationId: conversation_id,
      messageId: message_id,
      clientId: client_id,
    });
    return { task: viewTask(made.task), created: made.created };
  },

  text: ({ task, created }) =>
    `${created ? 'Created' : 'Already there:'} task ${task.id} “${task.title}” (${task.status}${task.due_at ? `, due ${task.due_at}` : ''}).`,
});
