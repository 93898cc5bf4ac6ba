import { invalidInput } from '../../errors.js';

const LINE_FEED = 0x0a;
/** More than the database takes in one value. */
const LONGEST = 300_000_000;

/**
 * The lines of a file, each with its bytes, without the break. Breaks at line feeds only: a text may hold any other. The last line
 * comes with `whole: false` where the file does not end with a break.
 */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Buffer; whole: boolean }> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, start)) {
      const piece = bytes.subarray(start, at);
      yield { bytes: parts.length === 0 ? piece : Buffer.concat([...parts, piece]), whole: true };
      if (parts.length > 0) parts = [];
      length = 0;
      start = at + 1;
    }
    if (start === bytes.length) continue;
    parts.push(bytes.subarray(start));
    length += bytes.length - start;
    if (length > LONGEST) throw invalidInput('The file has a line of more than 300 MB, which no export writes.');
  }
  if (parts.length > 0) yield { bytes: Buffer.concat(parts), whole: false };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function textOf(bytes: Uint8Array, line: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalidInput(`Line ${line} of the file is not valid UTF-8.`);
  }
}
