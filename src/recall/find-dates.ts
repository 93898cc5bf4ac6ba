import type { Span } from '../search/snippet.js';
import { parseTimestamp } from '../timestamp.js';
import {
  type DateRange,
  dayOf,
  type Granularity,
  lately,
  MONTHS,
  monthOf,
  monthRange,
  shifted,
  WEEKDAYS,
  weekdayAround,
  weekdayOf,
  weekend,
  yearRange,
} from './calendar.js';

export type Clock = Readonly<{
  now: Date;
  /** When the newest item was made: "in July" is the last July there can be anything from. Now, if it is not given. */
  newest?: Date | undefined;
}>;
export type DateMention = Span & Readonly<{ range: DateRange }>;

type Groups = Readonly<Record<string, string | undefined>>;
type Rule = readonly [pattern: RegExp, read: (groups: Groups, clock: Clock) => DateRange | null];

const NUMBERS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
const DAY_NUMBER = '(?<day>\\d{1,2})(?:st|nd|rd|th)?';
const MONTH = `(?<month>${MONTHS})\\.?`;
const YEAR = '(?<year>(?:19|20)\\d\\d)';
const COUNT = `(?<count>\\d{1,3}|an?|${NUMBERS.join('|')}|(?:a )?couple(?: of)?|(?:a )?few)`;
const STEPS: Readonly<Record<string, number>> = { last: -1, past: -1, previous: -1, this: 0, current: 0, next: 1 };
const STEP = `(?<step>${Object.keys(STEPS).join('|')})`;
const pattern = (source: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}])${source}(?![\\p{L}\\p{N}])`, 'giu');

/** The longest way to name a date comes first: what a rule has read, no later one reads again. */
const RULES: readonly Rule[] = [
  [pattern('(?<iso>\\d{4}-\\d{2}-\\d{2})'), ({ iso }) => onDay(parseTimestamp(iso!))],
  [pattern(`${DAY_NUMBER}(?: of)? ${MONTH},? ${YEAR}`), dayAndMonth],
  [pattern(`${MONTH} ${DAY_NUMBER},? ${YEAR}`), dayAndMonth],
  [pattern(`${MONTH},?(?: of)? ${YEAR}`), ({ month, year }) => monthRange(Number(year), monthOf(month!))],
  [pattern(`${DAY_NUMBER}(?: of)? ${MONTH}`), dayAndMonth],
  [pattern(`${MONTH} ${DAY_NUMBER}`), dayAndMonth],
  [pattern('(?:the )?day before yesterday'), (_, { now }) => shifted(now, 'day', -2)],
  [pattern('yesterday|last night'), (_, { now }) => shifted(now, 'day', -1)],
  [pattern('today|tonight|this (?:morning|afternoon|evening)'), (_, { now }) => shifted(now, 'day', 0)],
  [pattern('tomorrow'), (_, { now }) => shifted(now, 'day', 1)],
  [
    pattern(`${COUNT} (?<unit>day|week|month|year)s? ago`),
    ({ count, unit }, { now }) => shifted(now, unit!.toLowerCase() as Granularity, -countOf(count!)),
  ],
  [
    pattern(`(?:last|past|previous) ${COUNT} (?<unit>day|week|month|year)s`),
    ({ count, unit }, { now }) => lately(now, unit!.toLowerCase() as Granularity, countOf(count!)),
  ],
  [
    pattern(`${STEP} (?<unit>week|month|year)`),
    ({ step, unit }, { now }) => shifted(now, unit!.toLowerCase() as Granularity, stepOf(step)),
  ],
  [pattern(`${STEP} weekend`), ({ step }, { now }) => weekend(now, stepOf(step))],
  [
    pattern(`(?:(?<step>last|this|next|on) )(?<weekday>${WEEKDAYS})`),
    ({ step, weekday }, { now }) => weekdayAround(now, weekdayOf(weekday!), /next|this/i.test(step!) ? 'after' : 'before'),
  ],
  // These two are words besides: "may" is a month after a preposition only, "march" and the short forms likewise.
  [pattern(`(?:in|during|since|until|by|of|last|this|next|early|late|mid)[ -]${MONTH}`), monthAlone],
  [pattern('(?<month>january|february|april|june|july|august|september|october|november|december)'), monthAlone],
  [new RegExp(`(?<![\\p{L}\\p{N}$€£#]|\\d[.,-])${YEAR}(?![\\p{L}\\p{N}%]|[.,-]\\d)`, 'gu'), ({ year }) => yearRange(Number(year))],
];

/** The dates and times relative to the clock that a query names, in English. */
export function findDates(text: string, clock: Clock): DateMention[] {
  const found: DateMention[] = [];
  let left = text;
  for (const [rule, read] of RULES) {
    for (const match of left.matchAll(rule)) {
      const range = read(match.groups ?? {}, clock);
      if (!range) continue;
      const end = match.index + match[0].length;
      found.push({ start: match.index, end, range });
      left = left.slice(0, match.index) + '\n'.repeat(match[0].length) + left.slice(end);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

const onDay = (moment: Date | null): DateRange | null => moment && shifted(moment, 'day', 0);
const stepOf = (step = ''): number => STEPS[step.toLowerCase()] ?? 0;

function countOf(words: string): number {
  const word = words.toLowerCase();
  if (/^\d/.test(word)) return Number(word);
  if (word.includes('couple')) return 2;
  return word.includes('few') ? 3 : Math.max(1, NUMBERS.indexOf(word) + 1);
}

function dayAndMonth({ day, month, year }: Groups, clock: Clock): DateRange | null {
  const inYear = (number: number) => dayOf(number, monthOf(month!), Number(day));
  return year === undefined ? lastBefore(clock, inYear) : inYear(Number(year));
}

function monthAlone({ month }: Groups, clock: Clock): DateRange | null {
  return lastBefore(clock, (year) => monthRange(year, monthOf(month!)));
}

/** Of a day or month that comes every year, the last that had begun. */
function lastBefore({ now, newest = now }: Clock, inYear: (year: number) => DateRange | null): DateRange | null {
  const end = Math.min(now.getTime(), newest.getTime());
  const year = new Date(end).getUTCFullYear();
  // 29 February may be seven years back.
  for (let back = 0; back < 8; back += 1) {
    const range = inYear(year - back);
    if (range && range.from.getTime() <= end) return range;
  }
  return null;
}
