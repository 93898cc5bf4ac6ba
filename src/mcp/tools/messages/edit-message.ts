import { z } from 'zod';
import { defineTool } from '../../define.js';
import { redactedText } from '../../results.js';
import { contentInput, jsonObject, messageView, redactedView, tokenCount, uuid } from '../../schemas.js';
import { viewMessage } from '../../views.js';

export default defineTool({
  name: 'edit_message',
  title: 'Edit a message',
  description: 'Replace what a message says. Its earlier text stays in an event that poll_events shows.',
  toolset: 'messages',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    message_id: uuid().describe('Message id.'),
    content: contentInput().describe('The new text, or content parts.'),
    metadata: jsonObject().optional().describe('Merged; null deletes a key.'),
    input_tokens: tokenCount().optional().describe('Length of the new text in prompt tokens.'),
    output_tokens: tokenCount().optional().describe('Length of the new text in completion tokens.'),
  }),
  output: z.object({ message: messageView, redacted: redactedView() }),

  async run({ message_id, input_tokens, output_tokens, ...edit }, { store }) {
    const message = await store.messages.edit(message_id, { ...edit, inputTokens: input_tokens, outputTokens: output_tokens });
    return { message: viewMessage(message), ...(message.redacted && { redacted: message.redacted }) };
  },

  text: ({ message, redacted }) =>
    `Edited message ${message.id} (#${message.seq} of conversation ${message.conversation_id}).${redactedText(redacted)}`,
});
