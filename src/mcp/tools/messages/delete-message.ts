import { z } from 'zod';
import { defineTool } from '../../define.js';
import { messageView, uuid } from '../../schemas.js';
import { viewMessage } from '../../views.js';

const mode = () => z.enum(['soft', 'restore', 'hard']);

export default defineTool({
  name: 'delete_message',
  title: 'Delete or restore a message',
  description:
    'Hide a message (soft, the default), bring a hidden one back (restore), or remove it for good with its text in events (hard).',
  toolset: 'messages',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    message_id: uuid().describe('Message id.'),
    mode: mode().default('soft').describe('soft, restore or hard.'),
  }),
  output: z.object({
    message_id: z.string(),
    conversation_id: z.string(),
    mode: mode(),
    message: messageView.optional().describe('As it is now; absent when removed for good.'),
  }),

  async run({ message_id, mode }, { store }) {
    if (mode === 'hard') {
      const { conversationId } = await store.messages.purge(message_id);
      return { message_id, conversation_id: conversationId, mode };
    }
    const message = await (mode === 'soft' ? store.messages.softDelete(message_id) : store.messages.restore(message_id));
    return { message_id, conversation_id: message.conversationId, mode, message: viewMessage(message) };
  },

  text: ({ message_id, conversation_id, mode }) =>
    mode === 'soft'
      ? `Hid message ${message_id} of conversation ${conversation_id}; mode "restore" brings it back.`
      : mode === 'restore'
        ? `Message ${message_id} of conversation ${conversation_id} is back.`
        : `Removed message ${message_id} of conversation ${conversation_id} for good.`,
});
