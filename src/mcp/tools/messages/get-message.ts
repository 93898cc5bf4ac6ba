import { z } from 'zod';
import { defineTool } from '../../define.js';
import { messageView, uuid } from '../../schemas.js';
import { transcriptLines } from '../../transcript-text.js';
import { viewMessage } from '../../views.js';

export default defineTool({
  name: 'get_message',
  title: 'Get a message',
  description: 'Read one message whole, soft-deleted ones too. For what stands around it, use load_history with around_message_id.',
  toolset: 'messages',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ message_id: uuid().describe('Message id.') }),
  output: z.object({ message: messageView }),

  run: async ({ message_id }, { store }) => ({ message: viewMessage(await store.messages.get(message_id)) }),

  text: ({ message }) =>
    [`Message ${message.id} in conversation ${message.conversation_id} (${message.status}):`, ...transcriptLines([message])].join('\n'),
});
