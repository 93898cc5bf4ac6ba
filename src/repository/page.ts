import { encodeCursor } from './cursor.js';

export type PageQuery = { limit: number; cursor?: string | undefined };
export type Page<Row> = { items: Row[]; nextCursor: string | null };

/** A page of a list from rows that were asked for with one more than `limit`: that one tells whether the list goes on. */
export function pageOf<Row>(rows: readonly Row[], limit: number, list: string, filter: unknown, place: (last: Row) => unknown): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > items.length && last !== undefined;
  return { items, nextCursor: more ? encodeCursor(list, filter, place(last)) : null };
}
