import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemoryCandidate, scoreMemories } from '../../src/recall/score-memories.js';

const now = new Date('2024-03-13T00:00:00Z');
const statistics = { documents: 200, averageLength: 4, frequency: () => 5 };
const query = { allTerms: ['cat', 'dog'].map((lexeme) => ({ lexeme, words: [lexeme] })) };
const memory = (id: string, words: readonly string[], more: Partial<MemoryCandidate> = {}): MemoryCandidate => ({
  id,
  occurredAt: new Date('2020-01-01'),
  importance: 0.5,
  length: 4,
  frequencies: new Map(words.map((word) => [word, 1])),
  ...more,
});
const order = (...memories: MemoryCandidate[]): string[] => scoreMemories(memories, query, statistics, now).map(({ id }) => id);

describe('memories', () => {
  it('that hold more of the words come first, however old and unimportant', () => {
    const both = memory('both', ['cat', 'dog'], { importance: 0, occurredAt: new Date('2001-01-01') });
    expect(order(memory('one', ['cat'], { importance: 1, occurredAt: now }), both)).toEqual(['both', 'one']);
  });

  it('that say the same are ordered by time and importance', () => {
    expect(order(memory('old', ['cat']), memory('new', ['cat'], { occurredAt: new Date('2024-03-01') }))).toEqual(['new', 'old']);
    expect(order(memory('minor', ['cat'], { importance: 0.1 }), memory('major', ['cat'], { importance: 0.9 }))).toEqual(['major', 'minor']);
  });

  it('of the future are as recent as those of now', () => {
    const [a, b] = scoreMemories(
      [memory('a', ['cat'], { occurredAt: new Date('2030-01-01') }), memory('b', ['cat'], { occurredAt: now })],
      query,
      statistics,
      now,
    );
    expect(a!.score).toBe(b!.score);
  });

  it('gain nothing without a word of the query', () => {
    expect(scoreMemories([memory('a', ['fish'], { importance: 1, occurredAt: now })], query, statistics, now)[0]!.score).toBe(0);
  });

  it('have scores that are the sum of their components and at most 15 % above their words', () => {
    const words = fc.subarray(['cat', 'dog', 'fish']);
    const made = fc.record({ words, importance: fc.double({ min: 0, max: 1, noNaN: true }), age: fc.nat(5000) });
    fc.assert(
      fc.property(fc.array(made), (all) => {
        const memories = all.map(({ words, importance, age }, at) =>
          memory(String(at), words, { importance, occurredAt: new Date(now.getTime() - age * 86_400_000) }),
        );
        for (const { score, components } of scoreMemories(memories, query, statistics, now)) {
          expect(score).toBeCloseTo(
            Object.values(components).reduce((a, b) => a + b),
            10,
          );
          expect(score).toBeLessThanOrEqual(components.words * 1.15 + 1e-9);
        }
      }),
    );
  });
});
