import { z } from 'zod';
import { counted } from '../../../counted.js';
import { invalidInput } from '../../../errors.js';
import type { JsonObject } from '../../../repository/records.js';
import { MAX_PAGE } from '../../../repository/sql/load-history.js';
import { defineTool } from '../../define.js';
import { toAnthropic } from '../../formats/anthropic.js';
import { toOpenAi } from '../../formats/openai.js';
import { conversationId, conversationKey, conversationView, role, uuid } from '../../schemas.js';
import { transcriptLines } from '../../transcript-text.js';
import { viewConversation, viewMessage } from '../../views.js';

const STANDARD_PAGE = 20;
/** A page whose length was asked for is only kept from being absurd. */
const MAX_BYTES = 2 * 1024 * 1024;

export default defineTool({
  name: 'load_history',
  title: 'Load history',
  description:
    'Read a conversation, oldest first: by default its newest messages. Page back with before_seq, forward with after_seq, or look around one message.',
  toolset: 'core',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    conversation_id: conversationId().optional(),
    conversation_key: conversationKey().optional(),
    max_turns: z.number().int().min(1).max(MAX_PAGE).optional().describe('Newest turns only.'),
    limit: z.number().int().min(1).max(MAX_PAGE).optional().describe(`Messages at most (${STANDARD_PAGE}).`),
    max_tokens: z.number().int().min(1).max(10_000_000).optional().describe('Token budget; counts not stored are estimated, 4 bytes each.'),
    before_seq: z.number().int().min(1).max(2_147_483_647).optional().describe('Messages before this seq.'),
    after_seq: z.number().int().min(0).max(2_147_483_646).optional().describe('Messages after this seq.'),
    around_message_id: uuid().optional().describe('Messages on both sides of it.'),
    roles: z.array(role()).min(1).max(4).optional().describe('Only these.'),
    include_deleted: z.boolean().default(false).describe('Soft-deleted ones too.'),
    format: z.enum(['messages', 'openai', 'anthropic']).default('messages').describe('Ready for that API, tool calls paired.'),
  }),
  output: z.object({
    conversation: conversationView,
    system: z.string().optional().describe('anthropic: the system prompt.'),
    messages: z.array(z.looseObject({ role: role() })),
    has_more_before: z.boolean(),
    has_more_after: z.boolean(),
    first_seq: z.number().nullable(),
    last_seq: z.number().nullable(),
    total_tokens: z.number(),
    dropped: z.number().describe('Left out for the budget or the format.'),
    truncated: z.boolean().describe('dropped is not 0: page on, or ask for fewer.'),
  }),

  async run(input, { store }) {
    const { conversation_id, conversation_key, before_seq, after_seq, around_message_id, max_turns, max_tokens, format } = input;
    if ((conversation_id === undefined) === (conversation_key === undefined)) {
      throw invalidInput('Give exactly one of conversation_id and conversation_key.', 'list_conversations shows what there is.');
    }
    if ([before_seq, after_seq, around_message_id].filter((place) => place !== undefined).length > 1) {
      throw invalidInput('Give at most one of before_seq, after_seq and around_message_id.');
    }
    const bounded = max_turns !== undefined || max_tokens !== undefined;
    const page = await store.history.page({
      conversationId: conversation_id,
      conversationKey: conversation_key,
      beforeSeq: before_seq,
      afterSeq: after_seq,
      aroundMessageId: around_message_id,
      limit: input.limit ?? (bounded ? MAX_PAGE : STANDARD_PAGE),
      maxTurns: max_turns,
      maxTokens: max_tokens,
      maxBytes: input.limit === undefined && max_tokens === undefined ? undefined : MAX_BYTES,
      roles: input.roles,
      includeDeleted: input.include_deleted,
    });
    const formatted: { system?: string; messages: JsonObject[]; dropped: number } =
      format === 'openai'
        ? toOpenAi(page.messages)
        : format === 'anthropic'
          ? toAnthropic(page.messages)
          : { messages: page.messages.map(viewMessage), dropped: 0 };
    return {
      conversation: viewConversation(page.conversation),
      ...formatted,
      messages: formatted.messages as ({ role: 'user' } & JsonObject)[],
      has_more_before: page.hasMoreBefore,
      has_more_after: page.hasMoreAfter,
      first_seq: page.messages[0]?.seq ?? null,
      last_seq: page.messages.at(-1)?.seq ?? null,
      total_tokens: page.totalTokens,
      dropped: page.dropped + formatted.dropped,
      truncated: page.dropped + formatted.dropped > 0,
    };
  },

  text(history) {
    const { conversation, messages, first_seq, last_seq, total_tokens } = history;
    const head = `Conversation ${conversation.id}${conversation.title ? ` “${conversation.title}”` : ''} (${conversation.status}, ${counted(conversation.message_count, 'message')})`;
    if (first_seq === null && history.dropped > 0)
      return `${head}: the first message of this page is larger than max_tokens by itself. Ask for it with limit 1 and without max_tokens.`;
    if (first_seq === null) return `${head}: nothing on this page.${history.has_more_before ? ' There is more before.' : ''}`;
    const more = [
      history.has_more_before ? `older: before_seq ${first_seq}` : '',
      history.has_more_after ? `newer: after_seq ${last_seq}` : '',
      history.dropped > 0 ? `${history.dropped} left out of this page` : '',
    ].filter(Boolean);
    return [
      `${head}: messages ${first_seq}–${last_seq}, about ${total_tokens} tokens.${more.length ? ` (${more.join('; ')})` : ''}`,
      ...transcriptLines(messages),
    ].join('\n');
  },
});
