import type { Content, ContentPart, JsonObject, MessageRecord } from '../../repository/records.js';

export type ToolCall = { id: string; name: string; arguments: JsonObject };
export type ToolResult = { callId: string; content: Content; isError: boolean };

const text = (...candidates: unknown[]): string | undefined =>
  candidates.find((value): value is string => typeof value === 'string' && value !== '');
const object = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

/** Reads a stored call whether it was saved in our shape, OpenAI's (`function`) or Anthropic's (`tool_use`, `input`). */
export function readCall(call: JsonObject): ToolCall | null {
  const inner = object(call.function);
  const id = text(call.id, call.tool_call_id, call.call_id);
  const name = text(call.name, inner.name);
  if (id === undefined || name === undefined) return null;
  return { id, name, arguments: readArguments(call.arguments ?? inner.arguments ?? call.input) };
}

function readArguments(value: unknown): JsonObject {
  if (typeof value !== 'string') return object(value);
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : { value: parsed };
  } catch {
    return { value };
  }
}

/** Reads the results a message carries; a `tool` message without any is one itself when its metadata names the call. */
function readResults(message: MessageRecord): ToolResult[] {
  const stored = message.toolResults ?? [];
  if (stored.length > 0) {
    return stored.flatMap((result) => {
      const callId = text(result.tool_call_id, result.tool_use_id, result.call_id, result.id);
      return callId === undefined
        ? []
        : [{ callId, content: readContent(result, message), isError: result.is_error === true || result.isError === true }];
    });
  }
  const callId = text(message.metadata.tool_call_id, message.metadata.tool_use_id);
  return message.role === 'tool' && callId !== undefined ? [{ callId, content: message.content, isError: false }] : [];
}

function readContent(result: JsonObject, message: MessageRecord): Content {
  const content = result.content ?? result.output ?? result.result;
  if (typeof content === 'string') return content;
  if (Array.isArray(content) && content.every((part) => typeof object(part).type === 'string')) return content as ContentPart[];
  return content === undefined || content === null ? message.content : JSON.stringify(content);
}

/** A message with the calls it makes, each with its answer. */
export type Step = { message: MessageRecord; exchanges: { call: ToolCall; result: ToolResult }[] };

/**
 * Reads messages as steps in which every call is answered, once, by the results right after it, as both APIs demand. What a
 * page cut in two, and so cannot be sent, is left out and counted.
 */
export function pairTools(messages: readonly MessageRecord[]): { steps: Step[]; dropped: number } {
  const live = messages.filter((message) => message.status !== 'deleted');
  const steps: Step[] = [];
  let dropped = 0;
  let at = 0;
  while (at < live.length) {
    const message = live[at++]!;
    if (message.role === 'tool') {
      dropped++; // answers no call that stands right before it
      continue;
    }
    const open = new Map(
      (message.role === 'assistant' ? (message.toolCalls ?? []) : [])
        .flatMap((saved) => readCall(saved) ?? [])
        .map((call) => [call.id, call]),
    );
    const asked = open.size;
    const step: Step = { message, exchanges: [] };
    const after: Step[] = [];
    for (; open.size > 0 && at < live.length && carriesResults(live[at]!); at++) {
      const answering = live[at]!;
      for (const result of readResults(answering)) {
        const call = open.get(result.callId);
        if (call && open.delete(result.callId)) step.exchanges.push({ call, result });
      }
      if (answering.role === 'user' && hasContent(answering)) after.push({ message: answering, exchanges: [] });
    }
    const empty = !hasContent(message) && step.exchanges.length === 0;
    if (empty && (asked > 0 || carriesResults(message))) dropped++;
    else steps.push(step);
    steps.push(...after);
  }
  return { steps, dropped };
}

const hasContent = ({ content }: MessageRecord): boolean => content.length > 0;

const carriesResults = ({ role, toolResults }: MessageRecord): boolean =>
  role === 'tool' || (role === 'user' && (toolResults?.length ?? 0) > 0);
