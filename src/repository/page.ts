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

const LARGE_PAGE = 200;

/** Reads a list page by page to its end. */
export async function readToEnd<Row>(read: (page: PageQuery) => Promise<Page<Row>>): Promise<Row[]> {
  const all: Row[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await read({ limit: LARGE_PAGE, cursor });
    all.push(...items);
    if (nextCursor === null) return all;
    cursor = nextCursor;
  }
}
