import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invalidInput } from '../errors.js';

const envelope = z.tuple([z.string(), z.string(), z.unknown()]);

/** An opaque place in a list. It is good for this list with this filter only: anywhere else it would silently skip or repeat rows. */
export const encodeCursor = (list: string, filter: unknown, position: unknown): string =>
  Buffer.from(JSON.stringify([list, fingerprint(filter), position])).toString('base64url');

/** The place a cursor names; refuses one that was cut, made up, or handed out for another list or filter. */
export function decodeCursor<T>(list: string, filter: unknown, cursor: string, schema: z.ZodType<T>): T {
  const parts = envelope.safeParse(parse(cursor)).data;
  if (!parts) throw unusable('This cursor is not one that was handed out');
  if (parts[0] !== list) throw unusable(`This cursor belongs to another list (${JSON.stringify(parts[0].slice(0, 40))})`);
  if (parts[1] !== fingerprint(filter)) throw unusable('This cursor belongs to a call with other arguments');
  const position = schema.safeParse(parts[2]);
  if (!position.success) throw unusable('This cursor is not one that was handed out');
  return position.data;
}

const unusable = (message: string) =>
  invalidInput(
    `${message}.`,
    'Pass next_cursor of the page before unchanged, with the same other arguments, or leave cursor out to start over.',
  );

const fingerprint = (filter: unknown): string => createHash('sha256').update(canonical(filter)).digest('base64url').slice(0, 12);

/** JSON with sorted keys and without what is undefined, so that equal filters have one spelling. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, item) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
