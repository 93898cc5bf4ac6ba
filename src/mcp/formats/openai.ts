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
    messages: steps.flatMap(({ message, exchanges }): JsonObject[] => {
      const text = contentText(message.content);
      if (exchanges.length > 0) {
        const calls = exchanges.map(({ call }) => ({
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: JSON.stringify(call.arguments) },
        }));
        return [
          { role: 'assistant', content: text || null, ...speaker(message.author), tool_calls: calls },
          ...exchanges.map(({ result }) => ({ role: 'tool', tool_call_id: result.callId, content: contentText(result.content) })),
        ];
      }
      return [{ role: message.role, content: message.role === 'user' ? message.content : text, ...speaker(message.author) }];
    }),
  };
}
