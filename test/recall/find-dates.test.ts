import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/recall/calendar.js';
import { dateAffinity } from '../../src/recall/date-affinity.js';
import { findDates } from '../../src/recall/find-dates.js';

// A Wednesday.
const now = new Date('2024-03-13T15:30:00Z');
const read = (text: string, newest?: Date): string[] =>
  findDates(text, { now, newest }).map(
    ({ range: { from, to, granularity } }) => `${granularity} ${from.toISOString().slice(0, 10)}..${to.toISOString().slice(0, 10)}`,
  );

describe('dates in a query', () => {
  it.each([
    ['on 2023-05-07', 'day 2023-05-07..2023-05-08'],
    ['on 7 May 2023', 'day 2023-05-07..2023-05-08'],
    ['on 7th of May, 2023', 'day 2023-05-07..2023-05-08'],
    ['May 7, 2023', 'day 2023-05-07..2023-05-08'],
    ['on Aug. 31st 2023?', 'day 2023-08-31..2023-09-01'],
    ['on 7 May', 'day 2023-05-07..2023-05-08'],
    ['on March 2', 'day 2024-03-02..2024-03-03'],
    ['on 29 February', 'day 2024-02-29..2024-03-01'],
    ['in December 2022', 'month 2022-12-01..2023-01-01'],
    ['in May of 2023', 'month 2023-05-01..2023-06-01'],
    ['in March', 'month 2024-03-01..2024-04-01'],
    ['in may', 'month 2023-05-01..2023-06-01'],
    ['last July', 'month 2023-07-01..2023-08-01'],
    ['on 30 February 2023', 'month 2023-02-01..2023-03-01'],
    ['in 2022', 'year 2022-01-01..2023-01-01'],
    ['yesterday', 'day 2024-03-12..2024-03-13'],
    ['the day before yesterday', 'day 2024-03-11..2024-03-12'],
    ['last night', 'day 2024-03-12..2024-03-13'],
    ['this morning', 'day 2024-03-13..2024-03-14'],
    ['tomorrow', 'day 2024-03-14..2024-03-15'],
    ['3 days ago', 'day 2024-03-10..2024-03-11'],
    ['two weeks ago', 'week 2024-02-26..2024-03-04'],
    ['a month ago', 'month 2024-02-01..2024-03-01'],
    ['a couple of years ago', 'year 2022-01-01..2023-01-01'],
    ['in the last 3 days', 'week 2024-03-10..2024-03-14'],
    ['over the past two weeks', 'week 2024-02-28..2024-03-14'],
    ['in the past few months', 'month 2023-12-13..2024-03-14'],
    ['in the last 2 years', 'year 2022-03-13..2024-03-14'],
    ['last week', 'week 2024-03-04..2024-03-11'],
    ['this week', 'week 2024-03-11..2024-03-18'],
    ['last month', 'month 2024-02-01..2024-03-01'],
    ['next year', 'year 2025-01-01..2026-01-01'],
    ['last weekend', 'week 2024-03-09..2024-03-11'],
    ['last Friday', 'day 2024-03-08..2024-03-09'],
    ['on Monday', 'day 2024-03-11..2024-03-12'],
    ['last Wednesday', 'day 2024-03-06..2024-03-07'],
    ['next Wed', 'day 2024-03-20..2024-03-21'],
  ])('%s', (text, expected) => {
    expect(read(`What happened ${text}`)).toEqual([expected]);
  });

  it.each(['What may I do?', 'They march on', 'It cost $2000', 'order 12023', 'version 2.2021.3', 'a second chance', 'The sun was out'])(
    'are not read into: %s',
    (text) => {
      expect(read(text)).toEqual([]);
    },
  );

  it('are all found, in their order', () => {
    expect(read('Between June 2022 and 3 July 2022, or yesterday')).toEqual([
      'month 2022-06-01..2022-07-01',
      'day 2022-07-03..2022-07-04',
      'day 2024-03-12..2024-03-13',
    ]);
  });

  it('without a year are the last there can be anything from', () => {
    expect(read('in February', new Date('2020-11-01'))).toEqual(['month 2020-02-01..2020-03-01']);
    expect(read('on 29 February', new Date('2023-11-01'))).toEqual(['day 2020-02-29..2020-03-01']);
    expect(read('yesterday', new Date('2020-11-01'))).toEqual(['day 2024-03-12..2024-03-13']);
  });

  it('are ranges that begin before they end and lie where the text is, whatever is typed', () => {
    const words = fc.constantFrom('last', '7', 'May', '2023', 'ago', 'two', 'weeks', 'friday', 'on', 'of', ',', '31st', 'week', 'x', '99');
    fc.assert(
      fc.property(
        fc.array(words, { maxLength: 12 }),
        fc.date({ min: new Date('1971-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        (parts, now) => {
          const text = parts.join(' ');
          let end = 0;
          for (const mention of findDates(text, { now })) {
            expect(mention.start).toBeGreaterThanOrEqual(end);
            expect(mention.end).toBeGreaterThan(mention.start);
            expect(mention.end).toBeLessThanOrEqual(text.length);
            expect(mention.range.from.getTime()).toBeLessThan(mention.range.to.getTime());
            end = mention.end;
          }
        },
      ),
    );
  });
});

describe('date affinity', () => {
  const of = (text: string, moment: string): number => dateAffinity(new Date(moment), findDates(text, { now })[0]!.range);

  it.each([
    ['7 May 2023', '2023-05-07T23:59:00Z', 1],
    ['7 May 2023', '2023-05-06T00:00:00Z', 1],
    ['7 May 2023', '2023-05-09T23:00:00Z', 1],
    ['7 May 2023', '2023-05-10T00:00:00Z', 0.6],
    ['7 May 2023', '2023-05-17T12:00:00Z', 0.6],
    ['7 May 2023', '2023-06-07T12:00:00Z', 0.25],
    ['7 May 2023', '2023-06-08T00:00:00Z', 0],
    ['7 May 2023', '2023-04-27T00:00:00Z', 0.3],
    ['7 May 2023', '2023-04-26T23:00:00Z', 0],
    ['May 2023', '2023-05-31T23:59:00Z', 1],
    ['May 2023', '2023-06-12T23:59:00Z', 0.5],
    ['May 2023', '2023-06-13T00:00:00Z', 0],
    ['May 2023', '2023-04-30T23:59:00Z', 0],
    ['in 2023', '2023-12-31T23:59:00Z', 0.3],
    ['in 2023', '2024-01-01T00:00:00Z', 0],
    ['last week', '2024-03-05T00:00:00Z', 1],
    ['last week', '2024-03-12T00:00:00Z', 0.5],
  ])('of %s and %s is %d', (text, moment, expected) => {
    expect(of(text, moment)).toBe(expected);
  });

  it('falls with every day after the day', () => {
    const from = new Date('2023-05-07');
    const range = { from, to: new Date(from.getTime() + DAY), granularity: 'day' as const };
    const after = Array.from({ length: 40 }, (_, days) => dateAffinity(new Date(from.getTime() + days * DAY), range));
    expect(after).toEqual(after.toSorted((a, b) => b - a));
  });
});
