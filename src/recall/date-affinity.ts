import { DAY, type DateRange } from './calendar.js';

/** How well the moment something was said fits a date the query names, 0 to 1: people tell of a day on it and in the weeks after. */
export function dateAffinity(moment: Date, { from, to, granularity }: DateRange): number {
  const time = moment.getTime();
  if (granularity === 'day') return dayAffinity(Math.floor((time - from.getTime()) / DAY));
  const inside = time >= from.getTime() && time < to.getTime();
  if (granularity === 'year') return inside ? 0.3 : 0;
  if (inside) return 1;
  return time >= to.getTime() && time < to.getTime() + 12 * DAY ? 0.5 : 0;
}

function dayAffinity(days: number): number {
  if (days < -10 || days > 31) return 0;
  if (days < -1) return 0.3;
  if (days <= 2) return 1;
  return days <= 10 ? 0.6 : 0.25;
}
