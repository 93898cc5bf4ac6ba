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
export function readResults(message: MessageRecord): ToolResult[] {
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

export type Step = { message: MessageRecord; calls: ToolCall[]; results: ToolResult[] };

/**
 * Reads messages as steps in which every call is answered by the results right after it and every result answers a call
 * right before it, as both APIs demand. What a page cut in two, and so cannot be sent, is left out and counted.
 */
export function pairTools(messages: readonly MessageRecord[]): { steps: Step[]; dropped: number } {
  const live = messages.filter((message) => message.status !== 'deleted');
  const steps: Step[] = [];
  let dropped = 0;
  for (let at = 0; at < live.length; at++) {
    const message = live[at]!;
    const wanted = message.role === 'assistant' ? (message.toolCalls ?? []).flatMap((call) => readCall(call) ?? []) : [];
    if (carriesResults(message)) {
      dropped++; // answers no call that stands before it
      continue;
    }
    const answers: Step[] = [];
    let next = at + 1;
    for (; next < live.length && carriesResults(live[next]!); next++) {
      const results = readResults(live[next]!).filter((result) => wanted.some((call) => call.id === result.callId));
      if (wanted.length === 0 || results.length === 0) break;
      answers.push({ message: live[next]!, calls: [], results });
    }
    const answered = new Set(answers.flatMap((step) => step.results.map((result) => result.callId)));
    const calls = wanted.filter((call) => answered.has(call.id));
    if (calls.length < wanted.length && message.text === '' && calls.length === 0) dropped++;
    else steps.push({ message, calls, results: [] });
    steps.push(...answers);
    at = next - 1;
  }
  return { steps, dropped };
}

const carriesResults = (message: MessageRecord): boolean =>
  message.role === 'tool' || (message.role === 'user' && (message.toolResults?.length ?? 0) > 0);
