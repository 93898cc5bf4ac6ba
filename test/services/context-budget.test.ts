import fc from 'fast-check';
import { expect, it } from 'vitest';
import { costOf, divide } from '../../src/services/context-budget.js';

const entries = fc.array(fc.string({ maxLength: 200 }), { maxLength: 20 });

it('divides a budget without going over it, without holes, and leaves no room that an entry would have fitted', () => {
  fc.assert(
    fc.property(entries, entries, entries, fc.nat(2000), (a, b, c, budget) => {
      const offers = { a: { share: 0.5, entries: a }, b: { share: 0.3, entries: b }, c: { share: 0.2, entries: c } };
      const { kept, dropped } = divide(offers, budget);
      const spent = [...kept.a, ...kept.b, ...kept.c].reduce((sum, entry) => sum + costOf(entry), 0);
      expect(spent).toBeLessThanOrEqual(budget);
      expect(dropped).toBe(a.length + b.length + c.length - kept.a.length - kept.b.length - kept.c.length);
      for (const name of ['a', 'b', 'c'] as const) {
        expect(kept[name]).toEqual(offers[name].entries.slice(0, kept[name].length));
        const next = offers[name].entries[kept[name].length];
        // What the shares lose by being rounded down is three tokens at most.
        if (next !== undefined) expect(spent + costOf(next)).toBeGreaterThan(budget - 3);
      }
    }),
  );
});

it('hands what one part does not use to the next', () => {
  const long = Array.from({ length: 50 }, (_, at) => `entry ${at}`);
  const { kept } = divide(
    { a: { share: 0.5, entries: [] }, b: { share: 0.25, entries: long }, c: { share: 0.25, entries: ['last'] } },
    100,
  );
  expect(kept.b.length).toBeGreaterThan(15);
  expect(kept.c).toEqual(['last']);
});
