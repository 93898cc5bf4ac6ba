import { z } from 'zod';
import { defineTool } from '../../define.js';
import { redactedText } from '../../results.js';
import {
  contentInput,
  conversationId,
  conversationKey,
  jsonObject,
  name,
  redactedView,
  role,
  timestamp,
  tokenCount,
  user,
} from '../../schemas.js';

const attachment = z
  .strictObject({
    name: name().describe('File name.'),
    mime_type: name().describe('Such as image/png.'),
    uri: z.string().min(1).max(4000).optional().describe('Where it is; or give `data`.'),
    data: z.base64().optional().meta({ pattern: undefined, contentEncoding: 'base64' }).describe('The bytes, base64.'),
  })
  .refine((asset) => (asset.uri === undefined) !== (asset.data === undefined), 'needs exactly one of uri and data');

const embedding = z.strictObject({
  model: name().describe('Model that made it.'),
  values: z.array(z.number()).min(1).max(16_000).describe('The vector.'),
  provider: name().optional().describe('Who ran the model.'),
});

const message = z.strictObject({
  role: role().describe('Who speaks.'),
  content: contentInput().describe('Text as said, or content parts.'),
  author: name().optional().describe('Display name of the speaker.'),
  client_message_id: name().optional().describe('Your id: saving it again changes nothing.'),
  type: name(50).optional().describe('text, tool_call, tool_result, summary…'),
  tool_calls: z.array(jsonObject()).max(200).optional().describe('{id, name, arguments}'),
  tool_results: z.array(jsonObject()).max(200).optional().describe('{tool_call_id, content}'),
  input_tokens: tokenCount().optional().describe('Prompt tokens.'),
  output_tokens: tokenCount().optional().describe('Completion tokens.'),
  metadata: jsonObject().optional().describe('Anything else.'),
  created_at: timestamp().optional().describe('When it was said (now).'),
  attachments: z.array(attachment).max(20).optional().describe('Files.'),
  embedding: embedding.optional().describe('Your own vector.'),
});

export default defineTool({
  name: 'save_turn',
  title: 'Save a turn',
  description:
    'Append messages to a conversation exactly as said. Call it after each exchange. Without conversation_id or conversation_key a new conversation starts; with a key the active one continues. Committed when it answers; safe to retry with client_message_id.',
  toolset: 'core',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  input: z.strictObject({
    conversation_id: conversationId().optional(),
    conversation_key: conversationKey().optional(),
    user: user().optional(),
    platform: name().optional().describe('Such as slack, desktop.'),
    chat_id: name(500).optional().describe('Chat or channel on it.'),
    device: name(500).optional().describe('Device id.'),
    session: name(500).optional().describe('Session id.'),
    title: name(500).optional().describe('Title.'),
    topic: name(500).optional().describe('Topic.'),
    metadata: jsonObject().optional().describe('Merged; null deletes a key.'),
    messages: z.array(message).min(1).max(100).describe('In order.'),
  }),
  output: z.object({
    conversation_id: z.string(),
    created: z.boolean().describe('A new conversation was started.'),
    messages: z.array(
      z.object({
        id: z.string(),
        seq: z.number(),
        created_at: z.string().meta({ format: 'date-time' }),
        deduplicated: z.boolean().describe('It was saved before.'),
      }),
    ),
    message_count: z.number(),
    total_tokens: z.number(),
    redacted: redactedView(),
  }),

  async run({ conversation_id, conversation_key, chat_id, messages, ...turn }, { store }) {
    const receipt = await store.turns.save({
      ...turn,
      conversationId: conversation_id,
      conversationKey: conversation_key,
      chatId: chat_id,
      messages: messages.map(
        ({ client_message_id, tool_calls, tool_results, input_tokens, output_tokens, created_at, attachments, ...message }) => ({
          ...message,
          clientMessageId: client_message_id,
          toolCalls: tool_calls,
          toolResults: tool_results,
          inputTokens: input_tokens,
          outputTokens: output_tokens,
          createdAt: created_at,
          assets: attachments?.map(({ name, mime_type, uri, data }) => ({
            name,
            mimeType: mime_type,
            uri,
            data: data === undefined ? undefined : Buffer.from(data, 'base64'),
          })),
        }),
      ),
    });
    return {
      conversation_id: receipt.conversationId,
      created: receipt.created,
      messages: receipt.messages.map(({ id, seq, createdAt, deduplicated }) => ({
        id,
        seq,
        created_at: createdAt.toISOString(),
        deduplicated,
      })),
      message_count: receipt.messageCount,
      total_tokens: receipt.totalTokens,
      ...(receipt.redacted && { redacted: receipt.redacted }),
    };
  },

  text({ conversation_id, created, messages, message_count, redacted }) {
    const fresh = messages.filter((message) => !message.deduplicated);
    const known = messages.length - fresh.length;
    const range =
      fresh.length === 0
        ? 'nothing new'
        : fresh.length === 1
          ? `message ${fresh[0]?.seq}`
          : `messages ${fresh[0]?.seq}–${fresh.at(-1)?.seq}`;
    return `Saved ${range} in ${created ? 'new ' : ''}conversation ${conversation_id} (${message_count} in all${known > 0 ? `; ${known} saved before` : ''}).${redactedText(redacted)}`;
  },
});
