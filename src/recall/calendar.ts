export const DAY = 86_400_000;
export type Granularity = 'day' | 'week' | 'month' | 'year';
/** A stretch of time, `to` excluded, in UTC. */
export type DateRange = Readonly<{ from: Date; to: Date; granularity: Granularity }>;

export const MONTHS =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
export const WEEKDAYS = 'mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?';

const initials = (names: string): readonly string[] => names.split(' ');
const MONTH_INITIALS = initials('jan feb mar apr may jun jul aug sep oct nov dec');
const WEEKDAY_INITIALS = initials('sun mon tue wed thu fri sat');
export const monthOf = (name: string): number => MONTH_INITIALS.indexOf(name.slice(0, 3).toLowerCase());
export const weekdayOf = (name: string): number => WEEKDAY_INITIALS.indexOf(name.slice(0, 3).toLowerCase());

const range = (from: number, to: number, granularity: Granularity): DateRange => ({ from: new Date(from), to: new Date(to), granularity });

/** Null for a day the calendar does not have. */
export function dayOf(year: number, month: number, day: number): DateRange | null {
  const from = Date.UTC(year, month, day);
  return new Date(from).getUTCMonth() === month && day > 0 ? range(from, from + DAY, 'day') : null;
}
export const monthRange = (year: number, month: number): DateRange => range(Date.UTC(year, month), Date.UTC(year, month + 1), 'month');
export const yearRange = (year: number): DateRange => range(Date.UTC(year, 0), Date.UTC(year + 1, 0), 'year');

/** The day, week from Monday, month or year that lies so many of them after that of `moment`. */
export function shifted(moment: Date, unit: Granularity, by: number): DateRange {
  const [year, month] = [moment.getUTCFullYear(), moment.getUTCMonth()];
  const midnight = Date.UTC(year, month, moment.getUTCDate());
  if (unit === 'year') return yearRange(year + by);
  if (unit === 'month') return monthRange(year, month + by);
  if (unit === 'day') return range(midnight + by * DAY, midnight + (by + 1) * DAY, 'day');
  const monday = midnight - ((moment.getUTCDay() + 6) % 7) * DAY + by * 7 * DAY;
  return range(monday, monday + 7 * DAY, 'week');
}

/** So many days, weeks, months or years up to the end of the day of `moment`. */
export function lately(moment: Date, unit: Granularity, count: number): DateRange {
  const [year, month, day] = [moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate()];
  const from = {
    day: () => Date.UTC(year, month, day - count),
    week: () => Date.UTC(year, month, day - 7 * count),
    month: () => Date.UTC(year, month - count, day),
    year: () => Date.UTC(year - count, month, day),
  }[unit]();
  return range(from, Date.UTC(year, month, day + 1), unit === 'day' ? 'week' : unit);
}

/** The Saturday and Sunday of the week that lies so many after that of `moment`. */
export function weekend(moment: Date, by: number): DateRange {
  const week = shifted(moment, 'week', by);
  return range(week.from.getTime() + 5 * DAY, week.to.getTime(), 'week');
}

/** The last such weekday before the day of `moment`, or the first after it. */
export function weekdayAround(moment: Date, weekday: number, direction: 'before' | 'after'): DateRange {
  const today = moment.getUTCDay();
  const ahead = (weekday - today + 7) % 7 || 7;
  return shifted(moment, 'day', direction === 'after' ? ahead : -((today - weekday + 7) % 7 || 7));
}
