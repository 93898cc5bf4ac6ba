import type { PlainValue } from './prepared-query.js';

/** ISO text of other years has a sign that PostgreSQL does not read. */
const [FIRST, END] = [Date.UTC(1000, 0, 1), Date.UTC(10_000, 0, 1)];

const isPlain = (value: unknown): value is PlainValue => value === null || typeof value !== 'object';

/** Values as PostgreSQL reads them from text, where all of them can be sent so: dates, and arrays of text and numbers. Null otherwise. */
export function textsOf(values: readonly unknown[]): readonly PlainValue[] | null {
  const texts: PlainValue[] = [];
  for (const value of values) {
    const text = isPlain(value) ? value : textOf(value);
    if (text === null && value !== null) return null;
    texts.push(text);
  }
  return texts;
}

function textOf(value: unknown): string | null {
  if (value instanceof Date) return value.getTime() >= FIRST && value.getTime() < END ? value.toISOString() : null;
  if (!Array.isArray(value) || !value.every(isPlain)) return null;
  return `{${value.map(elementOf).join()}}`;
}

const elementOf = (value: PlainValue): string =>
  value === null || value === undefined ? 'NULL' : typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value);
