import { type ImportSource, type Rejected, rejected } from './define.js';
import { JsonSplitter } from './json-splitter.js';
import { wellFormed } from './shapes.js';

export type JsonItem = Readonly<{
  kind: 'value';
  value: unknown;
  where: string;
  /** Which of the top-level lists of the file it stands in, from 1; 0 for a value that stands in none. */
  list: number;
}>;

/** An item larger than this is passed over: a conversation of an honest export has a few megabytes. */
const LARGEST = 256 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The elements of a file that is a list, or its values, one after the other (JSON Lines). Each is cut out by its brackets and parsed
 * then, so a file of any size takes the memory of one item, and an item that cannot be read is told and passed over.
 */
export async function* readJsonItems(source: ImportSource, name: string, largest = LARGEST): AsyncGenerator<JsonItem | Rejected> {
  const splitter = new JsonSplitter(largest);
  const items = function* (ended: boolean): Generator<JsonItem | Rejected> {
    for (const { bytes, size, list, at, line, fault } of splitter.take()) {
      const where = list > 0 ? `${name}[${at}]` : `line ${line}`;
      if (fault === 'large') yield rejected(where, `It has ${size} bytes; ${largest} are read at most.`);
      else if (fault === 'deep') yield rejected(where, 'It is nested too deep.');
      else if (fault === 'open' && ended) yield rejected(where, 'The file breaks off here: it is not whole.');
      else yield read(bytes, where, list);
    }
  };
  for await (const chunk of source) {
    splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    yield* items(false);
  }
  splitter.end();
  yield* items(true);
}

function read(bytes: Buffer, where: string, list: number): JsonItem | Rejected {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return rejected(where, 'It is not valid UTF-8.');
  }
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'value', where, list, value: /\\u(?:0000|d[89a-f])/i.test(text) ? wellFormed(value) : value };
  } catch {
    return rejected(where, `It is not JSON: ${text.slice(0, 60).replaceAll(/\s+/g, ' ')}`);
  }
}
