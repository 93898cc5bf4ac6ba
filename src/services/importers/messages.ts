import type { Content, JsonObject, MessageRole } from '../../repository/records.js';
import type { ImportedMessage } from './define.js';
import type { Pieces } from './parts.js';
import { present } from './shapes.js';

type Described = Readonly<{
  id: string;
  role: MessageRole;
  author?: string | undefined;
  type?: string | undefined;
  createdAt?: Date | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  metadata?: JsonObject | undefined;
}>;

/** A message of these pieces; undefined where there is nothing in it. */
export function messageOf(
  { metadata, ...about }: Described,
  { parts, toolCalls, toolResults, assets }: Pieces,
): ImportedMessage | undefined {
  if (parts.length + toolCalls.length + toolResults.length + assets.length === 0) return undefined;
  const kept = metadata && present(metadata);
  return {
    ...about,
    content: contentOf(parts),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(toolResults.length > 0 && { toolResults }),
    ...(assets.length > 0 && { assets }),
    ...(kept && Object.keys(kept).length > 0 && { metadata: kept }),
  };
}

/** A text alone is stored as one. */
function contentOf(parts: Pieces['parts']): Content {
  const [only] = parts;
  if (!only) return '';
  return parts.length === 1 && only.type === 'text' && typeof only.text === 'string' ? only.text : parts;
}

/** Gives what has no time that of the message before it, or of the next, or of the conversation: time never stands still for the reader. */
export function withTimes(messages: readonly ImportedMessage[], fallback?: Date): ImportedMessage[] {
  let before = messages.find(({ createdAt }) => createdAt !== undefined)?.createdAt ?? fallback;
  return messages.map((message) => {
    if (message.createdAt === undefined && before !== undefined)
      return { ...message, createdAt: before, metadata: { ...message.metadata, time_estimated: true } };
    before = message.createdAt ?? before;
    return message;
  });
}
