import { invalidParams } from './errors.js';

/** Where a listing over several kinds of resources goes on: the kind, and the place in it (null: its beginning). */
type ListPosition = { index: number; inner: string | null };

export const writeListCursor = ({ index, inner }: ListPosition): string =>
  Buffer.from(JSON.stringify([index, inner])).toString('base64url');

export function readListCursor(cursor: string): ListPosition {
  try {
    const [index, inner, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (Number.isSafeInteger(index) && (inner === null || typeof inner === 'string') && rest.length === 0)
      return { index: index as number, inner };
  } catch {
    // Falls through to the same answer as a cursor of another list.
  }
  throw invalidParams('Unknown cursor. Leave it out to start from the first page, or pass nextCursor of the page before unchanged.');
}
