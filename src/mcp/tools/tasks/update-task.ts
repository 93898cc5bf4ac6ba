import { z } from 'zod';
import { defineTool } from '../../define.js';
import { conversationId, jsonObject, name, taskStatus, taskView, timestamp, user, uuid } from '../../schemas.js';
import { viewTask } from '../../views.js';

export default defineTool({
  name: 'update_task',
  title: 'Update a task',
  description: 'Change a task, or close it: an open one can become done or cancelled, and a closed one open again.',
  toolset: 'tasks',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    task_id: uuid().describe('Task id.'),
    title: name(500).optional().describe('What is to be done.'),
    details: z.string().max(20_000).nullable().optional().describe('More about it; null clears.'),
    due_at: timestamp().nullable().optional().describe('When it is due; null clears.'),
    status: taskStatus().optional().describe('open, done or cancelled.'),
    user: user().nullable().optional().describe('External user id; null clears.'),
    conversation_id: conversationId().nullable().optional().describe('Conversation id; null clears.'),
    message_id: uuid().nullable().optional().describe('Message it comes from; null clears.'),
    metadata: jsonObject().optional().describe('Merged; null deletes a key.'),
  }),
  output: z.object({ task: taskView }),

  async run({ task_id, due_at, conversation_id, message_id, ...change }, { store }) {
    const task = await store.tasks.update(task_id, {
      ...change,
      dueAt: due_at,
      conversationId: conversation_id,
      messageId: message_id,
    });
    return { task: viewTask(task) };
  },

  text: ({ task }) => `Task ${task.id} “${task.title}” is ${task.status}${task.due_at ? `, due ${task.due_at}` : ''}.`,
});
