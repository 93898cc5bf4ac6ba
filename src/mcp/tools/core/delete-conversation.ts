import { z } from 'zod';
import { counted } from '../../../counted.js';
import { defineTool } from '../../define.js';
import { conversationId } from '../../schemas.js';

const count = () => z.number().int();

export default defineTool({
  name: 'delete_conversation',
  title: 'Delete a conversation',
  description: 'Remove a conversation for good, or only its messages (mode clear). Cannot be undone: look with dry_run first.',
  toolset: 'core',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    conversation_id: conversationId(),
    mode: z.enum(['delete', 'clear']).default('delete').describe('clear keeps the record.'),
    dry_run: z.boolean().default(false).describe('Only count.'),
  }),
  output: z.object({
    conversation_id: z.string(),
    mode: z.enum(['delete', 'clear']),
    deleted: z.object({
      conversations: count(),
      messages: count(),
      assets: count(),
      vectors: count(),
      events: count().describe('Events that lost their content.'),
    }),
    dry_run: z.boolean(),
  }),

  async run({ conversation_id, mode, dry_run }, { store }) {
    const deleted = await store.conversations.remove(conversation_id, { keepRecord: mode === 'clear', dryRun: dry_run });
    return { conversation_id, mode, deleted, dry_run };
  },

  text({ conversation_id, mode, deleted: { messages, assets, vectors }, dry_run }) {
    const what = [counted(messages, 'message'), counted(assets, 'attachment'), counted(vectors, 'vector')].join(', ');
    if (dry_run)
      return `Would remove ${what} of conversation ${conversation_id}${mode === 'delete' ? ' and the conversation itself' : ''}. Nothing was changed.`;
    return mode === 'clear'
      ? `Cleared conversation ${conversation_id}: ${what} removed.`
      : `Deleted conversation ${conversation_id} with ${what}.`;
  },
});
