import { invalidInput } from '../../errors.js';
import { kindOf, PAST_EVENT } from '../../repository/portable/portable-kinds.js';
import type { PortablePlace } from '../../repository/portable/portable-reader.js';
import type { Resumed } from './export-tenant.js';
import { readEnd, readHeader, readRow, TENANT_FILE } from './format.js';
import { readLines, textOf } from './read-lines.js';
import { BrokenOff, openSource } from './source.js';

/** How far an export that was broken off had come: its lines up to there, and where it goes on. Null where nothing of it is of use. */
export async function resumable(path: string): Promise<Resumed | null> {
  let safe: { lines: number; place: PortablePlace } | null = null;
  let last: { type: string; after: readonly string[] } | null = null;
  let open = false;
  for await (const { type, line, number } of wholeLines(path)) {
    if (type === 'header') continue;
    const kind = kindOf(type);
    if (kind?.parent !== undefined || type === 'observation') continue;
    if (type === PAST_EVENT.type) {
      if (open && last) safe = { lines: number - 1, place: last };
      open = false;
      continue;
    }
    // What came before this line is whole.
    if (open && last) safe = { lines: number - 1, place: last };
    const after = placeOf(type, line);
    last = after && { type, after };
    open = last !== null;
    if (last && type !== 'conversation' && type !== 'node') {
      safe = { lines: number, place: last };
      open = false;
    }
  }
  if (!safe) return null;
  const { lines, place } = safe;
  return { place, lines: firstLines(path, lines) };
}

async function* firstLines(path: string, count: number): AsyncGenerator<{ type: string; line: string }> {
  for await (const { type, line, number } of wholeLines(path)) {
    if (number > count) return;
    yield { type, line };
  }
}

/** Lines that were written to their end; a packed file gives those that can be unpacked. */
async function* wholeLines(path: string): AsyncGenerator<{ type: string; line: string; number: number }> {
  const { bytes } = await openSource(path);
  let number = 0;
  try {
    for await (const { bytes: line, whole } of readLines(bytes)) {
      if (!whole) return;
      number += 1;
      const text = textOf(line, number);
      if (number === 1) {
        if (readHeader(text)?.format !== TENANT_FILE) throw invalidInput(`${path} is not the beginning of an export.`);
        yield { type: 'header', line: text, number };
      } else if (readEnd(text)) return;
      else yield { type: readRow(text, number).type, line: text, number };
    }
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error;
  }
}

/** Where its row stands among those of its type; null for what stands alone. */
function placeOf(type: string, line: string): string[] | null {
  const kind = kindOf(type);
  if (!kind) return null;
  const { data } = JSON.parse(line) as { data: Record<string, unknown> };
  return kind.order.map(({ column }) => String(data[column]));
}
