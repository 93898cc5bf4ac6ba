import { invalidInput } from '../../errors.js';
import type { ZipEntry } from '../transfer/zip.js';
import type { Importer, ImportItem, Rejected } from './define.js';

type Chosen = Readonly<{ importer: Importer; names: readonly string[]; items(): AsyncGenerator<ImportItem | Rejected> }>;

/** What a program's export holds besides conversations is no list of one message here and there: that is nothing to be unsure of. */
const SURE = 0.8;
const HEAD = 64 * 1024;

/** By its name: whether a file of an archive may hold conversations or memories. */
export const isWorthALook = (name: string): boolean => /\.jsonl?$/i.test(name) && !name.startsWith('__MACOSX/');

/** Which files of an archive are conversations or memories, found out by looking into each, and what they hold, one after the other. */
export async function chooseFromArchive(entries: readonly ZipEntry[], importers: readonly Importer[], format?: string): Promise<Chosen> {
  const found: { entry: ZipEntry; importer: Importer }[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const head = await headOf(entry);
    const [best] = importers
      .filter(({ name }) => format === undefined || name === format)
      .map((importer) => ({ importer, sure: importer.detect(head) }))
      .sort((a, b) => b.sure - a.sure);
    if (best && best.sure >= (format === undefined ? SURE : Number.MIN_VALUE)) found.push({ entry, importer: best.importer });
  }
  const [first] = found;
  const other = found.find(({ importer }) => importer !== first?.importer);
  if (!first || other)
    throw invalidInput(
      first && other
        ? `The archive holds files of several formats: ${first.entry.name} is ${first.importer.name}, ${other.entry.name} ${other.importer.name}. Nothing was stored.`
        : 'There is no file in the archive that can be imported. Nothing was stored.',
      'Say which with --format, or unpack it and import the files inside.',
    );
  async function* items() {
    for (const { entry, importer } of found)
      for await (const item of importer.read(entry.read())) yield { ...item, where: `${entry.name}: ${item.where}` };
  }
  return { importer: first.importer, names: found.map(({ entry }) => entry.name), items };
}

async function headOf(entry: ZipEntry): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of entry.read()) {
    parts.push(part);
    length += part.length;
    if (length >= HEAD) break;
  }
  return Buffer.concat(parts).subarray(0, HEAD).toString('utf8');
}
