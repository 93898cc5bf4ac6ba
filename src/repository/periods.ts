export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];
export type Bucket = { start: Date; end: Date };

const MAX_BUCKETS = 400;
/** How many periods back from its end a range begins when nobody says. */
const USUAL: Readonly<Record<Period, number>> = { day: 30, week: 12, month: 12 };

/**
 * The periods between two moments, oldest first, in UTC; weeks begin on Monday. The first and the last are cut at the moments
 * themselves. Null for a range that is empty or has too many.
 */
export function bucketsOf(period: Period, from: Date | undefined, to: Date): Bucket[] | null {
  const last = startOf(period, to);
  let start = from ?? step(period, last, 1 - USUAL[period]);
  const buckets: Bucket[] = [];
  while (start < to) {
    if (buckets.length === MAX_BUCKETS) return null;
    const next = step(period, startOf(period, start), 1);
    const end = next < to ? next : to;
    buckets.push({ start, end });
    start = end;
  }
  return buckets.length > 0 ? buckets : null;
}

export function startOf(period: Period, moment: Date): Date {
  const start = new Date(moment);
  start.setUTCHours(0, 0, 0, 0);
  if (period === 'week') start.setUTCDate(start.getUTCDate() - ((start.getUTCDay() + 6) % 7));
  if (period === 'month') start.setUTCDate(1);
  return start;
}

export function step(period: Period, start: Date, count: number): Date {
  const next = new Date(start);
  if (period === 'month') next.setUTCMonth(next.getUTCMonth() + count);
  else next.setUTCDate(next.getUTCDate() + count * (period === 'week' ? 7 : 1));
  return next;
}
