import { ACCOUNTS, GRANTS } from '../../repository/portable/portable-kinds.js';
import type { GivenRow } from '../../repository/portable/portable-writer.js';

const LETS_IN = new Set([...ACCOUNTS, GRANTS].map(({ type }) => type));

/**
 * The rows of a file without those that let people in, which are counted in `left`: whoever made the file knows the keys to the hashes
 * in it, so they are taken only by somebody who says so.
 */
export async function* withoutAccess(rows: AsyncGenerator<GivenRow>, left: Record<string, number>): AsyncGenerator<GivenRow> {
  for await (const row of rows) {
    if (LETS_IN.has(row.type)) left[row.type] = (left[row.type] ?? 0) + 1;
    else yield row;
  }
}
