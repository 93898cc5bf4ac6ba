import type { JsonObject, MessageRole } from '../../repository/records.js';
import type { ImportedMessage } from './define.js';
import { messageOf } from './messages.js';
import { readBlocks } from './parts.js';
import { countOf, isObject, type Loose, momentOf, nameOf, objectsOf, present } from './shapes.js';

const ROLES: ReadonlyMap<unknown, MessageRole> = new Map([
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['system', 'system'],
  ['developer', 'system'],
  ['tool', 'tool'],
  ['function', 'tool'],
]);

export const isOpenAiMessage = (value: unknown): value is Loose =>
  isObject(value) && ROLES.has(value.role) && ('content' in value || 'tool_calls' in value || 'function_call' in value);

/** Undefined for a message that says nothing. */
export function readOpenAiMessage(id: string, message: Loose): ImportedMessage | undefined {
  const pieces = readBlocks(message.content);
  if (typeof message.refusal === 'string') readBlocks(message.refusal, pieces);
  for (const call of objectsOf(message.tool_calls)) pieces.toolCalls.push(readCall(call, call.id));
  if (isObject(message.function_call)) pieces.toolCalls.push(readCall(message.function_call, undefined));
  const role = ROLES.get(message.role) ?? 'system';
  if (role === 'tool' && pieces.toolResults.length === 0)
    pieces.toolResults.push(present({ tool_call_id: message.tool_call_id, name: message.name }));
  const usage = isObject(message.usage) ? message.usage : {};
  return messageOf(
    {
      id,
      role,
      author: nameOf(message.name),
      createdAt: momentOf(message.created_at ?? message.create_time ?? message.timestamp ?? message.created),
      inputTokens: countOf(usage.prompt_tokens ?? usage.input_tokens),
      outputTokens: countOf(usage.completion_tokens ?? usage.output_tokens),
      metadata: { ...(isObject(message.metadata) ? message.metadata : {}), model: nameOf(message.model) },
    },
    pieces,
  );
}

function readCall(call: Loose, id: unknown): JsonObject {
  const named = isObject(call.function) ? call.function : call;
  return present({ id, name: named.name, arguments: named.arguments });
}
