import { createHash } from 'node:crypto';
import { parseTimestamp } from '../../timestamp.js';

export type Loose = Readonly<Record<string, unknown>>;

/** What a file gives is believed of nothing: each of these says what a value is, or that it is not that. */
export const isObject = (value: unknown): value is Loose => value !== null && typeof value === 'object' && !Array.isArray(value);
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const objectsOf = (value: unknown): readonly Loose[] => listOf(value).filter(isObject);
/** A text with something in it. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value : undefined);
export const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2_000_000_000 ? value : undefined;

/** As save_turn takes names: trimmed, and no longer than `max`. */
export const nameOf = (value: unknown, max = 200): string | undefined => {
  const name = textOf(value)?.trim();
  return name === undefined ? undefined : [...name.slice(0, max * 2)].slice(0, max).join('');
};

export const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** An id of the other program, or what stands for it where it is longer than we keep. */
export const idOf = (value: unknown, max = 200): string | undefined => {
  const id = typeof value === 'number' ? String(value) : textOf(value)?.trim();
  return id === undefined || id.length <= max ? id : hashOf(id);
};

/** The parts that are there: nothing is stored for what a file leaves out. */
export const present = (fields: Loose): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== ''));

const [EARLIEST, LATEST] = [Date.UTC(1990, 0, 1), Date.UTC(2100, 0, 1)];

/** A moment as exports write it: seconds, milliseconds or microseconds since 1970, as number or text, or ISO 8601. */
export function momentOf(value: unknown): Date | undefined {
  if (typeof value === 'string' && !/^\d{9,17}(?:\.\d+)?$/.test(value)) return within(parseTimestamp(value)?.getTime());
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) return undefined;
  return within(Math.round(number > 1e14 ? number / 1000 : number > 1e11 ? number : number * 1000));
}

const within = (time: number | undefined): Date | undefined =>
  time !== undefined && time >= EARLIEST && time < LATEST ? new Date(time) : undefined;

/** No database stores U+0000 or half a surrogate pair: each becomes U+FFFD. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD').toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [wellFormed(key), wellFormed(item)]));
}
