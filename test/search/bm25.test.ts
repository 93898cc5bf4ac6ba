import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inverseDocumentFrequency, TRANSCRIPTS, termScore, total } from '../../src/search/bm25.js';

const count = () => fc.nat(1_000_000);
const parameters = () => fc.record({ k1: fc.double({ min: 0.01, max: 3, noNaN: true }), b: fc.double({ min: 0, max: 1, noNaN: true }) });

describe('bm25', () => {
  it('agrees with a score worked out by hand', () => {
    // idf ln(1 + (10 - 2 + .5) / (2 + .5)) = ln 4.4; 2 occurrences in a document of mean length: 2 × 1.9 / (2 + .9).
    expect(inverseDocumentFrequency(10, 2)).toBeCloseTo(Math.log(4.4), 12);
    expect(termScore(Math.log(4.4), 2, 7, 7, TRANSCRIPTS)).toBeCloseTo((Math.log(4.4) * 3.8) / 2.9, 12);
  });

  it('says more of a rarer word, and never less than nothing', () => {
    fc.assert(
      fc.property(count(), count(), count(), (documents, a, b) => {
        const [rare, common] = [Math.min(a, b), Math.max(a, b)];
        expect(inverseDocumentFrequency(documents, common)).toBeGreaterThanOrEqual(0);
        fc.pre(common <= documents);
        expect(inverseDocumentFrequency(documents, rare)).toBeGreaterThanOrEqual(inverseDocumentFrequency(documents, common));
      }),
    );
  });

  it('grows with each occurrence, ever less, up to a bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 5000 }), parameters(), (frequency, length, each) => {
        const score = (times: number) => termScore(1, times, length, 100, each);
        expect(score(frequency + 1)).toBeGreaterThan(score(frequency));
        expect(score(frequency + 1) - score(frequency)).toBeLessThanOrEqual(score(frequency) - score(frequency - 1) + 1e-12);
        expect(score(frequency)).toBeLessThan(each.k1 + 1);
      }),
    );
  });

  it('prefers the shorter of two documents that say the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        (frequency, a, b) => {
          fc.pre(a !== b);
          const score = (length: number) => termScore(1, frequency, length, 100, TRANSCRIPTS);
          expect(score(Math.min(a, b))).toBeGreaterThan(score(Math.max(a, b)));
        },
      ),
    );
  });

  it('adds up', () => {
    expect(total([5, 0, 1])).toBe(6);
    expect(total([])).toBe(0);
  });
});
