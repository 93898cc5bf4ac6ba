import { z } from 'zod';
import { counted } from '../../../counted.js';
import { invalidInput } from '../../../errors.js';
import { defineTool } from '../../define.js';
import { conversationId, conversationStatus, conversationView, jsonObject, name, tokenCount } from '../../schemas.js';
import { viewConversation } from '../../views.js';

export default defineTool({
  name: 'update_conversation',
  title: 'Update a conversation',
  description:
    'Set title, topic, summary, goal or metadata, end or reopen a conversation, or add token usage known later. Status goes active → an inactive one → archived, and back to active.',
  toolset: 'core',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  input: z.strictObject({
    conversation_id: conversationId(),
    title: name(500).nullable().optional().describe('null removes it.'),
    topic: name(500).nullable().optional().describe('null removes it.'),
    summary: name(50_000).nullable().optional().describe('Running summary; null removes it.'),
    current_goal: jsonObject().nullable().optional().describe('What it is about now; null removes it.'),
    metadata: jsonObject().optional().describe('Merged; null deletes a key.'),
    status: conversationStatus().optional().describe('New status.'),
    legal_hold: z.boolean().optional().describe('true: nothing of it may be removed.'),
    add_input_tokens: tokenCount().optional().describe('Added to its usage.'),
    add_output_tokens: tokenCount().optional().describe('Added to its usage.'),
  }),
  output: z.object({ conversation: conversationView }),

  async run({ conversation_id, current_goal, legal_hold, add_input_tokens, add_output_tokens, ...change }, { store }) {
    const all = {
      ...change,
      currentGoal: current_goal,
      legalHold: legal_hold,
      addInputTokens: add_input_tokens,
      addOutputTokens: add_output_tokens,
    };
    if (Object.values(all).every((value) => value === undefined))
      throw invalidInput('Nothing to change: give at least one field besides conversation_id.');
    return { conversation: viewConversation(await store.conversations.update(conversation_id, all)) };
  },

  text: ({ conversation }) =>
    `Updated conversation ${conversation.id}${conversation.title ? ` “${conversation.title}”` : ''}: ${conversation.status}, ${counted(conversation.message_count, 'message')}.`,
});
