import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invalidInput } from '../../errors.js';
import { type Content, type JsonObject, MESSAGE_ROLES } from '../../repository/records.js';
import { parseTimestamp } from '../../timestamp.js';
import type { ImportedConversation, ImportedMessage } from '../importers/define.js';
import { readMarkdown } from './conversation-markdown.js';

export const CONVERSATION_FORMATS = ['json', 'markdown', 'openai'] as const;
export type ConversationFormat = (typeof CONVERSATION_FORMATS)[number];
export const CONVERSATION_JSON = 'recollect-conversation';

const object = z.record(z.string(), z.unknown());
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() })).min(1)]);
const short = z.string().max(500).nullish();
const count = z.number().int().min(0).max(2_000_000_000).nullish();

const jsonDocument = z.object({
  format: z.literal(CONVERSATION_JSON),
  version: z.literal(1),
  conversation: z.object({ id: z.string().min(1).max(200), title: short, topic: short, platform: short, metadata: object.nullish() }),
  messages: z.array(
    z.object({
      id: z.string().min(1).max(200),
      role: z.enum(MESSAGE_ROLES),
      content,
      type: z.string().min(1).max(50).nullish(),
      author: short,
      tool_calls: z.array(object).nullish(),
      tool_results: z.array(object).nullish(),
      input_tokens: count,
      output_tokens: count,
      metadata: object.nullish(),
      created_at: z.string().nullish(),
    }),
  ),
});

const openAiMessage = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([content, z.null()]).optional(),
  name: short,
  tool_calls: z.array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) })).nullish(),
  tool_call_id: z.string().nullish(),
});
/** The array alone, or a request with it. */
const openAiDocument = z.preprocess(
  (value) => (value !== null && typeof value === 'object' && 'messages' in value ? value.messages : value),
  z.array(openAiMessage),
);

/** A whole conversation out of one text. What has no id of its own gets one from what it says, so the same text makes the same ids. */
export function readConversation(format: ConversationFormat, text: string): ImportedConversation {
  const conversation = format === 'json' ? fromJson(text) : format === 'openai' ? fromOpenAi(text) : fromMarkdown(text);
  if (conversation.messages.length === 0) throw invalidInput('There is no message in it. Nothing was stored.', `Is it ${format}?`);
  return conversation;
}

function fromJson(text: string): ImportedConversation {
  const { conversation, messages } = parse(jsonDocument, text);
  const { id, title, topic, platform, metadata } = conversation;
  return {
    kind: 'conversation',
    id,
    ...{ title: title ?? undefined, topic: topic ?? undefined, platform: platform ?? undefined, metadata: metadata ?? undefined },
    messages: messages.map((message) => ({
      id: message.id,
      role: message.role,
      content: message.content as Content,
      type: message.type ?? undefined,
      author: message.author ?? undefined,
      toolCalls: message.tool_calls ?? undefined,
      toolResults: message.tool_results ?? undefined,
      inputTokens: message.input_tokens ?? undefined,
      outputTokens: message.output_tokens ?? undefined,
      metadata: message.metadata ?? undefined,
      createdAt: moment(message.created_at),
    })),
  };
}

function fromOpenAi(text: string): ImportedConversation {
  const messages = parse(openAiDocument, text).map((message, at): ImportedMessage => {
    const { role, name, tool_calls: calls, tool_call_id: callId } = message;
    const said = (message.content ?? '') as Content;
    const isTool = role === 'tool' || role === 'function';
    return {
      id: idOf(at, role, said, calls, callId),
      role: role === 'developer' ? 'system' : isTool ? 'tool' : role,
      content: said,
      author: name ?? undefined,
      toolCalls: calls?.map((call) => ({ id: call.id, name: call.function.name, arguments: argumentsOf(call.function.arguments) })),
      toolResults: isTool && callId ? [{ tool_call_id: callId, content: said }] : undefined,
    };
  });
  return { kind: 'conversation', id: hash(text), messages };
}

const ROLES: Readonly<Record<string, ImportedMessage['role']>> = { human: 'user', ai: 'assistant' };

function fromMarkdown(text: string): ImportedConversation {
  const { facts, messages } = readMarkdown(text);
  const string = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    kind: 'conversation',
    id: string(facts.conversation) ?? hash(text),
    ...{ title: string(facts.title), topic: string(facts.topic), platform: string(facts.platform) },
    messages: messages.map(({ facts, role, text }, at): ImportedMessage => {
      const spoken = z.enum(MESSAGE_ROLES).safeParse(ROLES[role] ?? role);
      if (!spoken.success) throw invalidInput(`Message ${at + 1} has no role that is known: ${role.slice(0, 40)}. Nothing was stored.`);
      const id = string(facts.message) ?? idOf(at, role, text);
      return { id, role: spoken.data, content: text, author: string(facts.author), createdAt: moment(string(facts.at)) };
    }),
  };
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidInput(
      'It is not JSON, or not all of it. Nothing was stored.',
      'Put the parts of an export together, in their order, first.',
    );
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const problems = read.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'the document'}: ${message}`);
  throw invalidInput(`It is not of that format: ${problems.join('; ')}. Nothing was stored.`);
}

function moment(text: string | null | undefined): Date | undefined {
  if (text === null || text === undefined) return undefined;
  const read = parseTimestamp(text);
  if (!read) throw invalidInput(`${JSON.stringify(text.slice(0, 40))} is no moment. Nothing was stored.`);
  return read;
}

function argumentsOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const idOf = (at: number, ...parts: (string | Content | JsonObject[] | null | undefined)[]): string =>
  `${at + 1}-${hash(JSON.stringify(parts))}`;
