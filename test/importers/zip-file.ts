import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive as exports are downloaded, made by hand; a name that ends with a slash is a folder. */
export function zipOf(files: Readonly<Record<string, string | Buffer>>, { flags = 0, stored = false } = {}): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = stored ? bytes : deflateRawSync(bytes);
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(flags, 2);
    header.writeUInt16LE(stored ? 0 : 8, 4);
    header.writeUInt32LE(crc32(bytes), 10);
    header.writeUInt32LE(packed.length, 14);
    header.writeUInt32LE(bytes.length, 18);
    header.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    list.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), header, rest, Buffer.from(name)]));
    parts.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(18);
  const size = list.reduce((sum, { length }) => sum + length, 0);
  end.writeUInt16LE(list.length, 4);
  end.writeUInt16LE(list.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...list, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** Where the list of files begins in an archive without a comment. */
export const listOf = (archive: Buffer): number => archive.readUInt32LE(archive.length - 6);

/** The same archive with another number in the entry of its first file in the list. */
export function withEntry(archive: Buffer, at: number, value: number, bytes: 2 | 4): Buffer {
  const changed = Buffer.from(archive);
  changed.writeUIntLE(value, listOf(archive) + at, bytes);
  return changed;
}

/** An archive of one file with every number where large ones stand; the list of files is at `place`, if that is given. */
export function asZip64(archive: Buffer, place?: bigint): Buffer {
  const at = listOf(archive);
  const entry = Buffer.from(archive.subarray(at, -22));
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(24)), 4);
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(20)), 12);
  entry.fill(0xff, 20, 28).writeUInt16LE(extra.length, 30);
  entry.fill(0xff, 42, 46);
  const end = Buffer.alloc(56);
  end.write('PK\x06\x06', 'latin1');
  for (const offset of [24, 32]) end.writeBigUInt64LE(1n, offset);
  end.writeBigUInt64LE(BigInt(entry.length + extra.length), 40);
  end.writeBigUInt64LE(place ?? BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(at + entry.length + extra.length), 8);
  const last = Buffer.from(archive.subarray(-22)).fill(0xff, 8, 20);
  return Buffer.concat([archive.subarray(0, at), entry, extra, end, locator, last]);
}
