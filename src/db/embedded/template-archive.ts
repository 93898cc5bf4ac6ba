import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { decodeTar, type Entry, encodeTar, readTree, syncDirectory, writeTree } from './tar.js';

/** What a template was made of; one that does not fit this program is left alone. */
export type Fingerprint = Readonly<{ engine: string; migrations: readonly string[] }>;

const FINGERPRINT_ENTRY = 'TEMPLATE.json';

export const packTemplate = async (pgData: string, outFile: string, fingerprint: Fingerprint): Promise<void> => {
  const head: Entry = { name: FINGERPRINT_ENTRY, directory: false, data: Buffer.from(JSON.stringify(fingerprint)) };
  const archive = await promisify(gzip)(encodeTar([head, ...readTree(pgData)]), { level: 9 });
  writeFileSync(outFile, archive);
};

/** A name beside `pgData` for something half-made: a first start that is killed leaves only this behind. */
export const draftOf = (pgData: string): string => `${pgData}.${randomBytes(4).toString('hex')}.draft`;

/**
 * Fills `pgData` from a template, all or nothing. False when the template does not fit: another engine, or a migration that
 * `isKnown` refuses. Fewer migrations than the program has are fine, the rest is run on top.
 */
export const unpackTemplate = async (
  archiveFile: string,
  pgData: string,
  fits: (fingerprint: Fingerprint) => boolean,
  durable: boolean,
): Promise<boolean> => {
  const entries = decodeTar(await promisify(gunzip)(readFileSync(archiveFile)));
  const head = entries.next();
  if (head.done || head.value.name !== FINGERPRINT_ENTRY) return false;
  if (!fits(JSON.parse(head.value.data.toString()) as Fingerprint)) return false;
  const draft = draftOf(pgData);
  writeTree(draft, entries, durable);
  renameSync(draft, pgData);
  if (durable) syncDirectory(dirname(pgData));
  return true;
};
