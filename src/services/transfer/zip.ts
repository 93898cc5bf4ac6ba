import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { invalidInput } from '../../errors.js';

export type ZipEntry = Readonly<{
  name: string;
  /** Its content, unpacked; ends with an error where it is not as it was packed. */
  read(): AsyncIterable<Uint8Array>;
}>;

type Place = { name: string; method: number; flags: number; crc: number; packed: number; size: number; header: number };

const [END, END64, LOCATOR64, CENTRAL, LOCAL] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50, 0x04034b50];
const [END_SIZE, LOCATOR_SIZE, CENTRAL_SIZE, LOCAL_SIZE, LONGEST_COMMENT] = [22, 20, 46, 30, 65_535];
const [STORED, DEFLATED, ENCRYPTED] = [0, 8, 1];
/** A larger list of files is nobody's export. */
const LARGEST_LIST = 64 * 1024 * 1024;
const IN_EXTRA = 0xffffffff;

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

/** The files in a zip archive, folders aside. Reads the list alone; each file is read when somebody asks for it, a piece at a time. */
export async function openZip(path: string): Promise<ZipEntry[]> {
  const file = await open(path, 'r');
  try {
    const { at, size } = await findList(file, (await file.stat()).size);
    if (size > LARGEST_LIST) throw damaged();
    const places = readList(await bytesAt(file, at, size));
    return places.filter(({ name }) => !name.endsWith('/')).map((place) => ({ name: place.name, read: () => readEntry(path, place) }));
  } catch (error) {
    throw error instanceof RangeError ? damaged() : error;
  } finally {
    await file.close();
  }
}

const damaged = (name?: string) =>
  invalidInput(`The zip archive is damaged${name === undefined ? '' : ` at ${name}`}, or not all of it is there.`, 'Download it again.');

async function bytesAt(file: FileHandle, at: number, size: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, at);
  if (bytesRead < size) throw damaged();
  return buffer;
}

async function findList(file: FileHandle, length: number): Promise<{ at: number; size: number }> {
  const tail = Math.min(length, END_SIZE + LONGEST_COMMENT + LOCATOR_SIZE);
  const bytes = await bytesAt(file, length - tail, tail);
  for (let at = tail - END_SIZE; at >= 0; at -= 1) {
    if (bytes.readUInt32LE(at) !== END) continue;
    const isLarge = at >= LOCATOR_SIZE && bytes.readUInt32LE(at - LOCATOR_SIZE) === LOCATOR64;
    if (!isLarge) return { size: bytes.readUInt32LE(at + 12), at: bytes.readUInt32LE(at + 16) };
    const end = await bytesAt(file, Number(bytes.readBigUInt64LE(at - LOCATOR_SIZE + 8)), 56);
    if (end.readUInt32LE(0) !== END64) throw damaged();
    return { size: Number(end.readBigUInt64LE(40)), at: Number(end.readBigUInt64LE(48)) };
  }
  throw damaged();
}

function readList(list: Buffer): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < list.length; ) {
    if (list.readUInt32LE(at) !== CENTRAL) throw damaged();
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((offset) => list.readUInt16LE(at + offset)) as [number, number, number];
    const name = list.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameSize);
    const extra = list.subarray(at + CENTRAL_SIZE + nameSize, at + CENTRAL_SIZE + nameSize + extraSize);
    const [size, packed, header] = largeNumbers(extra, [
      list.readUInt32LE(at + 24),
      list.readUInt32LE(at + 20),
      list.readUInt32LE(at + 42),
    ]);
    const [flags, method, crc] = [list.readUInt16LE(at + 8), list.readUInt16LE(at + 10), list.readUInt32LE(at + 16)];
    places.push({ name, method, flags, crc, size, packed, header });
    at += CENTRAL_SIZE + nameSize + extraSize + commentSize;
  }
  return places;
}

/** Numbers that have no room where they belong stand in a field of their own, in this order. */
function largeNumbers(extra: Buffer, given: [number, number, number]): [number, number, number] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    return given.map((value) => {
      if (value !== IN_EXTRA) return value;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    }) as [number, number, number];
  }
  return given;
}

async function* readEntry(path: string, { name, method, flags, crc, packed, size, header }: Place): AsyncGenerator<Uint8Array> {
  if ((flags & ENCRYPTED) !== 0)
    throw invalidInput(`${name} in the archive is encrypted.`, 'Unpack the archive, and import the file inside.');
  if (method !== STORED && method !== DEFLATED)
    throw invalidInput(`${name} is packed in a way that is not read.`, 'Unpack the archive first.');
  const file = await open(path, 'r');
  const local = await bytesAt(file, header, LOCAL_SIZE).finally(() => file.close());
  if (local.readUInt32LE(0) !== LOCAL) throw damaged(name);
  const start = header + LOCAL_SIZE + local.readUInt16LE(26) + local.readUInt16LE(28);
  let [seen, sum] = [0, 0];
  if (size > 0) {
    const raw = createReadStream(path, { start, end: start + packed - 1, highWaterMark: 256 * 1024 });
    const inflate = method === DEFLATED ? createInflateRaw() : undefined;
    if (inflate) raw.on('error', (error) => inflate.destroy(error));
    try {
      for await (const chunk of (inflate ? raw.pipe(inflate) : raw) as AsyncIterable<Buffer>) {
        seen += chunk.length;
        sum = crc32(chunk, sum);
        // More than it says of itself: it was made to fill a memory or a disk.
        if (seen > size) throw damaged(name);
        yield chunk;
      }
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') ? damaged(name) : error;
    } finally {
      raw.destroy();
    }
  }
  if (seen !== size || sum !== crc) throw damaged(name);
}
