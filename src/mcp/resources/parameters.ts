import { z } from 'zod';
import { invalidInput, notFound } from '../../errors.js';

/** An id in a URI. What is no UUID names nothing, which is answered like any other id that is not there. */
export function readId(what: string, id: string | undefined, hint: string): string {
  if (!z.guid().safeParse(id).success) throw notFound(what, (id ?? '').slice(0, 100), hint);
  return id!.toLowerCase();
}

/** A whole number in a URI's query. */
export function readWhole(name: string, text: string | undefined, { min, max }: { min: number; max: number }): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw invalidInput(`${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text.slice(0, 40))}.`);
}
