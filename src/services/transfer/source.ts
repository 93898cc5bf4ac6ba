import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { invalidInput } from '../../errors.js';

const GZIP = [0x1f, 0x8b];
const ZIP = [0x50, 0x4b, 0x03, 0x04];
const HEAD = 64 * 1024;

export type Source = Readonly<{
  /** The beginning of the file, unpacked. */
  head: string;
  bytes: AsyncIterable<Uint8Array>;
  gzip: boolean;
}>;

/** Opens a file, or stdin for "-"; one that is packed with gzip is unpacked on the way, whatever its name. */
export async function openSource(path: string, stdin: AsyncIterable<Uint8Array> = process.stdin): Promise<Source> {
  const raw = path === '-' ? stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
  const { head, rest } = await peek(raw, 4);
  if (startsWith(head, ZIP)) throw invalidInput('The file is a zip archive.', 'Unpack it, and import the file inside.');
  const gzip = startsWith(head, GZIP);
  const unpacked = gzip ? gunzip(rest) : rest;
  const beginning = await peek(unpacked, HEAD);
  return { head: beginning.head.subarray(0, HEAD).toString('utf8'), bytes: beginning.rest, gzip };
}

/** Ends with `unexpected end of file` where the file does. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  const unpacker = createGunzip();
  input.on('error', (error) => unpacker.destroy(error));
  try {
    yield* input.pipe(unpacker) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw new BrokenOff();
    if (code?.startsWith('Z_')) throw invalidInput('The file is damaged: it cannot be unpacked.');
    throw error;
  }
}

/** A packed file that ends in the middle. */
export class BrokenOff extends Error {}

const startsWith = (head: Buffer, magic: readonly number[]): boolean => magic.every((byte, at) => head[at] === byte);

/** The first bytes, and all of them once more. */
async function peek(source: AsyncIterable<Uint8Array>, atLeast: number): Promise<{ head: Buffer; rest: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let length = 0;
  let failure: unknown;
  while (length < atLeast) {
    try {
      const next = await iterator.next();
      if (next.done) break;
      seen.push(next.value);
      length += next.value.length;
    } catch (error) {
      failure = error;
      break;
    }
  }
  async function* rest(): AsyncGenerator<Uint8Array> {
    yield* seen;
    if (failure) throw failure;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head: Buffer.concat(seen), rest: rest() };
}
