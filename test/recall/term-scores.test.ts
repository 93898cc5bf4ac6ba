import { describe, expect, it } from 'vitest';
import { termScorer } from '../../src/recall/term-scores.js';

describe('the score of each term', () => {
  const score = termScorer(
    [
      { lexeme: 'rare', alternatives: [{ lexeme: 'rare', weight: 1, idf: 5 }] },
      { lexeme: 'absent', alternatives: [{ lexeme: 'absent', weight: 1, idf: 9 }] },
      {
        lexeme: 'dog',
        alternatives: [
          { lexeme: 'dog', weight: 1, idf: 1 },
          { lexeme: 'puppi', weight: 0.5, idf: 4 },
          { lexeme: 'rare', weight: 0.1, idf: 5 },
        ],
      },
    ],
    10,
  );
  const of = (words: Record<string, number>) => score({ length: 10, frequencies: new Map(Object.entries(words)) });

  it('is told in the order of the query', () => {
    expect(of({ dog: 1, rare: 1 })).toEqual([5, 0, 1]);
  });

  it('is that of the best word that stands for the term, not of all together', () => {
    expect(of({ dog: 1, puppi: 1 })).toEqual([0, 0, 2]);
    expect(of({ rare: 1 })).toEqual([5, 0, 0.5]);
  });

  it('is nothing without any of the words', () => {
    expect(of({})).toEqual([0, 0, 0]);
    expect(of({ other: 3 })).toEqual([0, 0, 0]);
  });
});
