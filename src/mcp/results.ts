/** No answer floods a context: about 20 kB of text, whatever is stored. */
export const TEXT_LIMIT = 20_000;

/** Cuts text to `limit` bytes of UTF-8 and says how much was left out. */
export function clip(text: string, limit: number = TEXT_LIMIT): string {
  // A character takes at most three bytes a UTF-16 unit, so most texts need no counting.
  if (text.length * 3 <= limit) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= limit) return text;
  const shown = cutToBytes(text, limit);
  return `${shown}\n… [cut: ${bytes - Buffer.byteLength(shown)} of ${bytes} bytes left out]`;
}

/** As much of the beginning of a text as `limit` bytes of UTF-8 hold, no character parted. */
export function cutToBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** A page of a list as text, and how to ask for the next one. */
export const pageText = (head: string, lines: readonly string[], nextCursor: string | null): string =>
  [head, ...lines, ...(nextCursor === null ? [] : [`More: cursor ${nextCursor}`])].join('\n');

/** What was taken out before it was stored, for the text of an answer; it never says what stood there. */
export const redactedText = (redacted: readonly { type: string; count: number }[] | undefined): string =>
  redacted ? ` Not stored: ${redacted.map(({ type, count }) => `${count} × ${type}`).join(', ')}.` : '';

/** Stored text between a pair of tags, of which none in the text itself is the end. */
export const enclosed = (tag: string, lines: readonly string[]): string =>
  [`<${tag}>`, ...lines.map((line) => line.replace(new RegExp(`</(?=\\s*${tag})`, 'gi'), '<\\/')), `</${tag}>`].join('\n');
