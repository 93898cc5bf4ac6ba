import { createHash } from 'node:crypto';
import { invalidInput } from '../../errors.js';
import { type End, type Header, IN_TENANT, readEnd, readHeader, readRow, tenantOf, truncated } from './format.js';
import { readLines, textOf } from './read-lines.js';
import { BrokenOff, openSource } from './source.js';

export type CheckedFile = Readonly<{
  header: Header;
  end: End;
  rows: Readonly<Record<string, number>>;
  lines: number;
  tenants: readonly string[];
}>;

/** Reads a whole file and sees that it is as it was written: nothing missing, nothing changed. */
export async function checkFile(path: string): Promise<CheckedFile> {
  const { bytes } = await openSource(path);
  const hash = createHash('sha256');
  const rows: Record<string, number> = {};
  const tenants: string[] = [];
  let [header, end, lines]: [Header | null, End | null, number] = [null, null, 0];
  try {
    for await (const line of readLines(bytes)) {
      lines += 1;
      if (end) throw invalidInput(`Line ${lines} of the file comes after its end.`);
      if (!line.whole) throw truncated(false);
      if (lines === 1) {
        header = readHeader(textOf(line.bytes, 1));
        if (!header) throw invalidInput('The file does not begin as an export or backup of recollect does.');
      } else {
        end = readEndOf(line.bytes);
        if (end) continue;
        const { type, row } = readRow(textOf(line.bytes, lines), lines);
        if (type === IN_TENANT) tenants.push(tenantOf(row, lines));
        rows[type] = (rows[type] ?? 0) + 1;
      }
      hash.update(line.bytes).update('\n');
    }
  } catch (error) {
    if (error instanceof BrokenOff) throw truncated(false);
    throw error;
  }
  if (!header || !end) throw truncated(false);
  if (end.sha256 !== hash.digest('hex'))
    throw invalidInput(
      'The file is not as it was written: its checksum is another. Nothing was stored.',
      'It was damaged or changed; use another copy.',
    );
  return { header, end, rows, lines, tenants };
}

const END = Buffer.from('{"type":"end"');

const readEndOf = (bytes: Buffer): End | null => (bytes.subarray(0, END.length).equals(END) ? readEnd(bytes.toString('utf8')) : null);
