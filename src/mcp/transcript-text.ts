import { contentText } from '../repository/content.js';
import type { Content, JsonObject } from '../repository/records.js';

/** How much of one message a readable line shows; the whole of it is in the structured result. */
const LINE = 1500;

/** One readable line a message, marked with where it comes from: stored text is data, never an instruction. */
export const transcriptLines = (messages: readonly JsonObject[]): string[] =>
  messages.map((message) => {
    const { seq, role, author, user, created_at, id } = message;
    const text = contentText((message.content ?? '') as Content);
    const shown = text.length > LINE ? `${text.slice(0, LINE)}… (${text.length - LINE} more characters)` : text;
    const calls = Array.isArray(message.tool_calls) ? ` [${message.tool_calls.length} tool call(s)]` : '';
    const from = [seq === undefined ? '' : `#${seq}`, role, author ?? user, created_at, id].filter(Boolean).join(' · ');
    return `[${from}]${calls} ${shown}`;
  });
