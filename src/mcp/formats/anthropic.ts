import { contentText } from '../../repository/content.js';
import type { Content, ContentPart, JsonObject, MessageRecord } from '../../repository/records.js';
import { pairTools, type Step } from './tool-exchange.js';

type Turn = { role: 'user' | 'assistant'; content: ContentPart[] };

const blocks = (content: Content): ContentPart[] =>
  (typeof content === 'string' ? [{ type: 'text', text: content }] : content).filter((part) => part.type !== 'text' || part.text !== '');

/** What a step says, and in a message after it what its calls were answered. */
function stepTurns({ message, exchanges }: Step): Turn[] {
  // Calls saved as content parts as well would be sent twice.
  const said = blocks(message.content).filter((part) => part.type !== 'tool_use' && part.type !== 'tool_result');
  const calls = exchanges.map(({ call }) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.arguments }));
  const results = exchanges.map(({ result }) => ({
    type: 'tool_result',
    tool_use_id: result.callId,
    content: contentText(result.content),
    ...(result.isError ? { is_error: true } : {}),
  }));
  const spoken: Turn = { role: message.role === 'assistant' ? 'assistant' : 'user', content: [...said, ...calls] };
  const turns: Turn[] = [spoken, { role: 'user', content: results }];
  return turns.filter((turn) => turn.content.length > 0);
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
    const said = stepTurns(step);
    if (said.length === 0 || (turns.length === 0 && said[0]?.role === 'assistant')) {
      dropped++;
      continue;
    }
    for (const { role, content } of said) {
      const last = turns.at(-1);
      if (last?.role === role) last.content.push(...content);
      else turns.push({ role, content });
    }
  }
  const said = system.filter((text) => text !== '').join('\n\n');
  return { ...(said ? { system: said } : {}), messages: turns.map(simplify), dropped };
}

/** A message that is one text goes as a string: shorter, and the same to the API. */
const simplify = ({ role, content }: Turn): JsonObject => {
  const only = content.length === 1 ? content[0] : undefined;
  return { role, content: only?.type === 'text' && typeof only.text === 'string' ? only.text : content };
};
