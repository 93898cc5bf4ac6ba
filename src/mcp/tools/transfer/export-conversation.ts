import { z } from 'zod';
import { counted } from '../../../counted.js';
import { decodeCursor, encodeCursor } from '../../../repository/cursor.js';
import { MAX_PAGE } from '../../../repository/sql/load-history.js';
import { markdownHead, markdownMessage } from '../../../services/transfer/conversation-markdown.js';
import { CONVERSATION_FORMATS, CONVERSATION_JSON } from '../../../services/transfer/read-conversation.js';
import { defineTool } from '../../define.js';
import { toOpenAi } from '../../formats/openai.js';
import { conversationId, cursor } from '../../schemas.js';
import { viewConversation, viewMessage } from '../../views.js';

/** Of one answer: what is longer comes in parts. */
const PART_BYTES = 48 * 1024;
const MIME_TYPES = { json: 'application/json', openai: 'application/json', markdown: 'text/markdown' } as const;

const place = z.strictObject({ after: z.number().int().min(0), written: z.boolean() });

export default defineTool({
  name: 'export_conversation',
  title: 'Export a conversation',
  description:
    'Write a conversation as one document, in parts where it is long: call again with next_cursor until there is none, and join `content`. import_conversation reads it.',
  toolset: 'transfer',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    conversation_id: conversationId(),
    format: z
      .enum(CONVERSATION_FORMATS)
      .default('json')
      .describe('json keeps everything; markdown is for people; openai is a messages array.'),
    cursor: cursor().optional(),
  }),
  output: z.object({
    conversation_id: z.string(),
    format: z.enum(CONVERSATION_FORMATS),
    mime_type: z.string(),
    content: z.string().describe('This part of the document.'),
    messages: z.number().describe('Messages in this part.'),
    next_cursor: z.string().nullable(),
  }),

  async run({ conversation_id, format, cursor }, { store }) {
    const filter = { conversation_id, format };
    const from = cursor === undefined ? { after: 0, written: false } : decodeCursor('export', filter, cursor, place);
    const page = await store.history.page({
      conversationId: conversation_id,
      afterSeq: from.after,
      limit: MAX_PAGE,
      maxBytes: PART_BYTES,
    });
    const { conversation, messages, hasMoreAfter } = page;
    const pieces =
      format === 'markdown'
        ? messages.map(markdownMessage)
        : (format === 'openai' ? toOpenAi(messages).messages : messages.map(viewMessage)).map((message) => JSON.stringify(message));
    const isFirst = cursor === undefined;
    const content =
      format === 'markdown'
        ? (isFirst ? markdownHead(conversation) : '') + pieces.join('')
        : (isFirst ? jsonHead(format, conversation) : '') +
          (from.written && pieces.length > 0 ? ',\n' : '') +
          pieces.join(',\n') +
          (hasMoreAfter ? '' : format === 'json' ? '\n]}\n' : '\n]\n');
    const last = messages.at(-1)?.seq ?? from.after;
    return {
      conversation_id,
      format,
      mime_type: MIME_TYPES[format],
      content,
      messages: messages.length,
      next_cursor: hasMoreAfter ? encodeCursor('export', filter, { after: last, written: from.written || pieces.length > 0 }) : null,
    };
  },

  text: ({ conversation_id, format, content, messages, next_cursor }) =>
    `${counted(messages, 'message')} of conversation ${conversation_id} as ${format}, ${Buffer.byteLength(content)} bytes${next_cursor === null ? '.' : '; there is more: call again with next_cursor and join the parts.'}`,
});

const jsonHead = (format: 'json' | 'openai', conversation: Parameters<typeof viewConversation>[0]): string =>
  format === 'openai'
    ? '[\n'
    : `{"format":"${CONVERSATION_JSON}","version":1,"conversation":${JSON.stringify(viewConversation(conversation))},"messages":[\n`;
