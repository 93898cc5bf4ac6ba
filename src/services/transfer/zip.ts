import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { AppError, invalidInput } from '../../errors.js';

export type ZipEntry = Readonly<{
  name: string;
  /** Its content, unpacked; ends with an error where it is not as it was packed. */
  read(): AsyncIterable<Uint8Array>;
}>;

const LOCAL = 0x04034b50;
/** A larger list of files is nobody's export. */
const LARGEST_LIST = 64 * 1024 * 1024;
const PIECE = 256 * 1024;
const AHEAD = 64 * 1024;

/** Whether a file begins as zip archives do. */
export async function isZip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32LE(0) === LOCAL;
  } finally {
    await file.close();
  }
}

/** The files in a zip archive with the names that are wanted, until it is disposed of. Reads the list alone; a file is read when somebody asks for it, a piece at a time. */
export async function openZip(path: string, isWanted: (name: string) => boolean): Promise<{ entries: ZipEntry[] } & AsyncDisposable> {
  const file = await open(path, 'r');
  try {
    const zip = await fromRandomAccessReaderPromise(new FileReader(path, file), (await file.stat()).size, { autoClose: false });
    const entries: ZipEntry[] = [];
    let list = 0;
    for await (const entry of zip.eachEntry()) {
      list += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
      if (list > LARGEST_LIST) throw damaged();
      const { fileName: name } = entry;
      if (isWanted(name)) entries.push({ name, read: () => readEntry(zip, entry) });
    }
    return { entries, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw problemOf(error);
  }
}

async function* readEntry(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const name = entry.fileName;
  if (entry.isEncrypted()) throw encrypted(`${name} in the archive`);
  if (!entry.canDecodeFileData()) throw invalidInput(`${name} is packed in a way that is not read.`, 'Unpack the archive first.');
  let sum = 0;
  try {
    // A stream that brings more than the list says, or less, ends with an error.
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw problemOf(error, name);
  }
  if (sum !== entry.crc32) throw damaged(name);
}

/** Where the bytes come from. The library's own reader of files throws, where nobody can catch it, at a place that no file can have. */
class FileReader extends RandomAccessReader {
  readonly #path: string;
  readonly #file: FileHandle;
  /** What was read last, with what came after it: the list is asked for name by name. */
  #read = { from: 0, bytes: Buffer.alloc(0) };

  constructor(path: string, file: FileHandle) {
    super();
    this.#path = path;
    this.#file = file;
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    this.#bytesAt(position, length).then((bytes) => {
      bytes.copy(buffer, offset);
      callback(null);
    }, callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return createReadStream(this.#path, { start, end: end - 1, highWaterMark: PIECE });
  }

  async #bytesAt(position: number, length: number): Promise<Buffer> {
    const start = position - this.#read.from;
    if (start >= 0 && start + length <= this.#read.bytes.length) return this.#read.bytes.subarray(start, start + length);
    const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(Math.max(length, AHEAD)), { position });
    if (bytesRead < length) throw new Error('The file ends before that.');
    this.#read = { from: position, bytes: buffer.subarray(0, bytesRead) };
    return buffer.subarray(0, length);
  }
}

const damaged = (name?: string) =>
  invalidInput(`The zip archive is damaged${name === undefined ? '' : ` at ${name}`}, or not all of it is there.`, 'Download it again.');

const encrypted = (what: string) => invalidInput(`${what} is encrypted.`, 'Unpack the archive, and import the file inside.');

/** What the disk says goes on as it is; everything else is what the library did not expect to find in the file. */
function problemOf(error: unknown, name?: string): unknown {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof AppError || syscall !== undefined) return error;
  return message === 'strong encryption is not supported' ? encrypted('The zip archive') : damaged(name);
}
