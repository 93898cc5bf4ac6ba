import { invalidInput } from '../errors.js';
import { parseTimestamp } from '../timestamp.js';

const MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 };
const LONGEST_MS = 100 * 365 * 86_400_000;

/** A moment as people write it for something that ends: after a while (`90m`, `12h`, `30d`, `4w`, `1y`), or a date. */
export function momentFrom(written: string, now: Date, option: string): Date {
  const [, count, unit] = /^(\d{1,6})\s*([mhdwy])$/i.exec(written.trim()) ?? [];
  const ms = Number(count) * (MS[(unit ?? '').toLowerCase()] ?? Number.NaN);
  if (ms > 0 && ms <= LONGEST_MS) return new Date(now.getTime() + ms);
  const moment = parseTimestamp(written.trim());
  if (moment) return moment;
  throw invalidInput(
    `${option} is ${JSON.stringify(written.slice(0, 40))}; allowed is a while such as 30d (m, h, d, w, y), at most 100 years, or a date.`,
  );
}
