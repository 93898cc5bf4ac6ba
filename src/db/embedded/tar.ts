import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const BLOCK = 512;
const FILE = '0';
const DIRECTORY = '5';

export type Entry = { name: string; directory: boolean; data: Buffer };

const padded = (bytes: number): number => Math.ceil(bytes / BLOCK) * BLOCK;

/** One ustar entry; names are short and ASCII here, so no extension header is ever needed. */
const encodeEntry = ({ name, directory, data }: Entry): Buffer => {
  if (Buffer.byteLength(name) > 99) throw new Error(`name too long for the archive: ${name}`);
  const out = Buffer.alloc(BLOCK + padded(data.length));
  out.write(directory ? `${name}/` : name, 0, 'latin1');
  out.write(directory ? '0000700' : '0000600', 100, 'latin1');
  out.write('0000000', 108, 'latin1');
  out.write('0000000', 116, 'latin1');
  out.write(data.length.toString(8).padStart(11, '0'), 124, 'latin1');
  out.write('00000000000', 136, 'latin1');
  out.write('        ', 148, 'latin1');
  out.write(directory ? DIRECTORY : FILE, 156, 'latin1');
  out.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += out[at]!;
  out.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  data.copy(out, BLOCK);
  return out;
};

export const encodeTar = (entries: Iterable<Entry>): Buffer => Buffer.concat([...[...entries].map(encodeEntry), Buffer.alloc(2 * BLOCK)]);

export function* decodeTar(tar: Buffer): Generator<Entry> {
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, tar.indexOf(0, at));
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    const directory = tar.toString('latin1', at + 156, at + 157) === DIRECTORY;
    const start = at + BLOCK;
    if (!Number.isInteger(size) || start + size > tar.length) throw new Error('the archive is damaged');
    yield { name: directory ? name.replace(/\/$/, '') : name, directory, data: tar.subarray(start, start + size) };
    at = start + padded(size);
  }
}

/** Everything below `root`, directories before what is in them. */
export function* readTree(root: string, below = ''): Generator<Entry> {
  for (const item of readdirSync(join(root, below), { withFileTypes: true })) {
    const name = below === '' ? item.name : `${below}/${item.name}`;
    if (item.isDirectory()) {
      yield { name, directory: true, data: Buffer.alloc(0) };
      yield* readTree(root, name);
    } else if (item.isFile()) yield { name, directory: false, data: readFileSync(join(root, name)) };
  }
}

export const writeTree = (root: string, entries: Iterable<Entry>, durable: boolean): void => {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const directories = [dirname(root), root];
  for (const { name, directory, data } of entries) {
    const path = join(root, name);
    if (directory) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      directories.push(path);
      continue;
    }
    const descriptor = openSync(path, 'wx', 0o600);
    for (let written = 0; written < data.length; ) written += writeSync(descriptor, data, written);
    if (durable) fsyncSync(descriptor);
    closeSync(descriptor);
  }
  if (durable) for (const directory of directories) syncDirectory(directory);
};

/** Makes names durable; Windows has no such call and needs none. */
export const syncDirectory = (path: string): void => {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};
