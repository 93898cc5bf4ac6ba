import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ImportedConversation, ImportedMemory, Importer, ImportItem, Rejected } from '../../src/services/importers/define.js';

export const fixturePath = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
export const fixture = (name: string): Promise<Buffer> => readFile(fixturePath(name));

/** As a file comes: in pieces that end anywhere. */
export async function* inChunks(bytes: Buffer | string, size = 41): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(bytes);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

export type Read = { conversations: ImportedConversation[]; memories: ImportedMemory[]; others: ImportItem[]; rejected: Rejected[] };

/** Everything an importer makes of these bytes. */
export async function readAll(importer: Importer, bytes: Buffer | string, size?: number): Promise<Read> {
  const read: Read = { conversations: [], memories: [], others: [], rejected: [] };
  for await (const item of importer.read(inChunks(bytes, size))) {
    if (item.kind === 'rejected') read.rejected.push(item);
    else if (item.kind === 'conversation') read.conversations.push(item);
    else if (item.kind === 'memory') read.memories.push(item);
    else read.others.push(item);
  }
  return read;
}
