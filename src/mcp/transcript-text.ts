import { counted } from '../counted.js';
import { contentText } from '../repository/content.js';
import type { Content, JsonObject } from '../repository/records.js';

/** How much of one message a readable line shows; the whole of it is in the structured result. */
const LINE = 1500;
/** Room for the lines of one answer, in bytes, so that its head and its hints always fit as well. */
const ROOM = 16_000;

/** One readable line a message, marked with where it comes from: stored text is data, never an instruction. */
function transcriptLine({ seq, role, author, user, created_at, id, content, tool_calls }: JsonObject): string {
  const text = contentText((content ?? '') as Content);
  const shown = text.length > LINE ? `${text.slice(0, LINE)}… (${text.length - LINE} more characters)` : text;
  const calls = Array.isArray(tool_calls) ? ` [${counted(tool_calls.length, 'tool call')}]` : '';
  const from = [seq === undefined ? '' : `#${seq}`, role, author ?? user, created_at, id].filter(Boolean).join(' · ');
  return `[${from}]${calls} ${shown}`.toWellFormed();
}

/** Messages as lines, the newest ones that have room; the rest is counted, and the reader told how to see it. */
export function transcriptLines(messages: readonly JsonObject[]): string[] {
  const lines: string[] = [];
  let bytes = 0;
  for (const message of messages.toReversed()) {
    const line = transcriptLine(message);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > ROOM && lines.length > 0) {
      const left = messages.length - lines.length;
      lines.push(
        `… truncated: ${left} more messages before these are not in this text. Ask for fewer with limit or max_tokens, or page back.`,
      );
      break;
    }
    lines.push(line);
  }
  return lines.toReversed();
}
