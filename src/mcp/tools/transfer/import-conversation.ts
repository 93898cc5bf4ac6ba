import { z } from 'zod';
import { counted } from '../../../counted.js';
import { AppError } from '../../../errors.js';
import { applyConversation } from '../../../services/importers/apply.js';
import { emptyReport } from '../../../services/importers/report.js';
import { CONVERSATION_FORMATS, readConversation } from '../../../services/transfer/read-conversation.js';
import { defineTool } from '../../define.js';
import { conversationKey, user } from '../../schemas.js';

/** Keys of what this tool stores begin with it. */
const FORMAT = 'conversation';

export default defineTool({
  name: 'import_conversation',
  title: 'Import a conversation',
  description:
    'Store a conversation written elsewhere, or by export_conversation: whole or not at all. Importing it again adds only the messages that are new. Markdown needs headings that name who speaks.',
  toolset: 'transfer',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    format: z.enum(CONVERSATION_FORMATS).describe('What `content` is.'),
    content: z.string().min(1).max(4_000_000).describe('The whole document; parts joined.'),
    key: conversationKey().optional().describe('Your own stable name for it. Without: its id, or else what it says.'),
    user: user().optional(),
  }),
  output: z.object({
    conversation_id: z.string(),
    created: z.boolean().describe('It was not here before.'),
    messages_added: z.number(),
    messages_known: z.number().describe('Stored before, left as they are.'),
  }),

  async run({ format, content, key, user }, { store, principal }) {
    if (principal.user !== null && user !== undefined && user !== principal.user)
      throw new AppError('forbidden', 'This connection acts for one user only and cannot name another. Nothing was stored.', {
        hint: 'Leave `user` out.',
      });
    const conversation = readConversation(format, content);
    const report = emptyReport(false);
    const { id, created } = await applyConversation(
      store,
      { ...conversation, id: key ?? conversation.id },
      { format: FORMAT, user },
      report,
    );
    return { conversation_id: id, created, messages_added: report.messages.added, messages_known: report.messages.known };
  },

  text: ({ conversation_id, created, messages_added, messages_known }) =>
    `${created ? 'New conversation' : 'Conversation'} ${conversation_id}: ${counted(messages_added, 'message')} added, ${messages_known} known.`,
});
