import { contentText } from '../../repository/content.js';
import type { JsonObject, MessageRecord } from '../../repository/records.js';
import { pairTools } from './tool-exchange.js';

/** OpenAI allows these characters in the name of a speaker, 64 of them. */
const speaker = (author: string | null): { name?: string } => {
  const name = author?.replace(/[^a-zA-Z0-9_-]+/g, '_').slice(0, 64);
  return name ? { name } : {};
};

/** The `messages` array of OpenAI's chat completions: every tool call answered, every answer called for. */
export function toOpenAi(messages: readonly MessageRecord[]): { messages: JsonObject[]; dropped: number } {
  const { steps, dropped } = pairTools(messages);
  return {
    dropped,
    messages: steps.flatMap(({ message, calls, results }): JsonObject[] => {
      if (results.length > 0) {
        return results.map(({ callId, content }) => ({ role: 'tool', tool_call_id: callId, content: contentText(content) }));
      }
      if (message.role === 'assistant') {
        const text = contentText(message.content);
        if (calls.length === 0) return [{ role: 'assistant', content: text, ...speaker(message.author) }];
        const toolCalls = calls.map((call) => ({
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: JSON.stringify(call.arguments) },
        }));
        return [{ role: 'assistant', content: text || null, ...speaker(message.author), tool_calls: toolCalls }];
      }
      const content = message.role === 'user' ? message.content : contentText(message.content);
      return [{ role: message.role, content, ...speaker(message.author) }];
    }),
  };
}
