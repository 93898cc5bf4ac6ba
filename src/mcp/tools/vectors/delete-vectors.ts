import { z } from 'zod';
import { counted } from '../../../counted.js';
import { invalidInput } from '../../../errors.js';
import { VECTOR_SUBJECTS } from '../../../repository/vectors/brought-vectors.js';
import { assertScope } from '../../assert-scope.js';
import { defineTool } from '../../define.js';
import { conversationId, name, uuid } from '../../schemas.js';

const ids = () => z.array(uuid()).min(1).max(1000).optional();

export default defineTool({
  name: 'delete_vectors',
  title: 'Delete vectors',
  description:
    'Remove embeddings that agents brought: of messages, memories, a conversation or a whole model. The texts stay, and so do vectors the server made.',
  toolset: 'vectors',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    message_ids: ids().describe('Of these messages.'),
    memory_ids: ids().describe('Of these memories.'),
    conversation_id: conversationId().optional(),
    model: name().optional().describe('Only of this model.'),
    provider: name().optional().describe('Only of this provider.'),
    dry_run: z.boolean().default(false).describe('Count, remove nothing.'),
  }),
  output: z.object({ deleted: z.object({ messages: z.number(), memories: z.number() }), dry_run: z.boolean() }),

  async run({ message_ids, memory_ids, conversation_id, model, provider, dry_run }, { store, principal }) {
    if ([message_ids, memory_ids, conversation_id, model].every((given) => given === undefined))
      throw invalidInput('Say which vectors: message_ids, memory_ids, conversation_id or model.', 'dry_run: true only counts them.');
    if (memory_ids !== undefined) assertScope(principal, 'memories:write');
    const { message, memory } = await store.broughtVectors.remove(
      { messageIds: message_ids, memoryIds: memory_ids, conversationId: conversation_id, model, provider },
      { kinds: principal.scopes.has('memories:write') ? VECTOR_SUBJECTS : ['message'], dryRun: dry_run },
    );
    return { deleted: { messages: message, memories: memory }, dry_run };
  },

  text: ({ deleted: { messages, memories }, dry_run }) =>
    `${dry_run ? 'Would delete' : 'Deleted'} ${counted(messages, 'vector')} of messages and ${memories} of memories.`,
});
