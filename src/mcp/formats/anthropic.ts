import { contentText } from '../../repository/content.js';
import type { Content, ContentPart, JsonObject, MessageRecord } from '../../repository/records.js';
import { pairTools, type Step } from './tool-exchange.js';

type Turn = { role: 'user' | 'assistant'; content: ContentPart[] };

const blocks = (content: Content): ContentPart[] =>
  (typeof content === 'string' ? [{ type: 'text', text: content }] : content).filter((part) => part.type !== 'text' || part.text !== '');

function stepBlocks({ message, calls, results }: Step): ContentPart[] {
  if (results.length > 0) {
    return results.map((result) => ({
      type: 'tool_result',
      tool_use_id: result.callId,
      content: contentText(result.content),
      ...(result.isError ? { is_error: true } : {}),
    }));
  }
  // Calls saved as content parts as well would be sent twice.
  const said = blocks(message.content).filter((part) => part.type !== 'tool_use' && part.type !== 'tool_result');
  return [...said, ...calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.arguments }))];
}

/**
 * The `system` and `messages` of Anthropic's messages API: roles alternate, no empty block, results first in the message after
 * their calls, and a user speaks first. What comes before the first user message is left out and counted.
 */
export function toAnthropic(messages: readonly MessageRecord[]): { system?: string; messages: JsonObject[]; dropped: number } {
  const paired = pairTools(messages);
  let dropped = paired.dropped;
  const system: string[] = [];
  const turns: Turn[] = [];
  for (const step of paired.steps) {
    if (step.message.role === 'system') {
      system.push(contentText(step.message.content));
      continue;
    }
    const role = step.message.role === 'assistant' ? 'assistant' : 'user';
    const content = stepBlocks(step);
    if (content.length === 0 || (turns.length === 0 && role === 'assistant')) {
      dropped++;
      continue;
    }
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  const said = system.filter((text) => text !== '').join('\n\n');
  return { ...(said ? { system: said } : {}), messages: turns.map(simplify), dropped };
}

/** A message that is one text goes as a string: shorter, and the same to the API. */
const simplify = ({ role, content }: Turn): JsonObject => {
  const only = content.length === 1 ? content[0] : undefined;
  return { role, content: only?.type === 'text' && typeof only.text === 'string' ? only.text : content };
};
