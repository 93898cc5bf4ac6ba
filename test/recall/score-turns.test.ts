import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueryAnalysis } from '../../src/recall/analyze-query.js';
import { shifted } from '../../src/recall/calendar.js';
import { RECALL } from '../../src/recall/constants.js';
import { type ScoringOptions, scoreTurns, type TurnCandidate } from '../../src/recall/score-turns.js';

const nothing: QueryAnalysis = { terms: [], allTerms: [], people: [], dates: [], isWhenQuestion: false, isQuestion: false };
const statistics = {
  documents: 1000,
  averageLength: 3,
  frequency: (lexeme: string) => (lexeme === 'unheard' ? 0 : 20),
  authored: () => 100,
};
const query = (words: string, more: Partial<QueryAnalysis> = {}): QueryAnalysis => {
  const terms = words.split(' ').map((lexeme) => ({ lexeme, words: [lexeme] }));
  return { ...nothing, terms, allTerms: terms, ...more };
};

/** Turns of one stretch, one after the other. */
const turns = (texts: readonly string[], more: Partial<TurnCandidate> = {}): TurnCandidate[] =>
  texts.map((text, index) => {
    const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
    const frequencies = new Map<string, number>();
    for (const word of words) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
    const seq = index + 1;
    const createdAt = new Date(1_700_000_000_000 + index * 1000);
    const common = { stretch: 'c-1', author: null, text, length: frequencies.size, frequencies, createdAt, ...more };
    return { id: `${common.stretch}-${seq}`, seq, ...common };
  });

const components = (candidates: readonly TurnCandidate[], asked: QueryAnalysis, options?: ScoringOptions) => {
  const scored = new Map(scoreTurns(candidates, asked, statistics, options).map((hit) => [hit.id, hit.components]));
  return candidates.map(({ id }) => scored.get(id)!);
};

describe('the score of a turn', () => {
  it('lends words to the turns around it, less with every step', () => {
    const words = components(turns(['x', 'x', 'x', 'cat', 'x', 'x', 'x', 'x']), query('cat')).map(({ words }) => words);
    const own = words[3]!;
    expect(own).toBeGreaterThan(0);
    [0, 0.4 * 0.8, 0.4, 1, 0.6, 0.6 * 0.8, 0.6 * 0.64, 0].forEach((share, at) => {
      expect(words[at]).toBeCloseTo(share * own, 10);
    });
  });

  it('lends more to the answer of a question', () => {
    const words = components(turns(['cat?', 'yes']), query('cat')).map(({ words }) => words);
    expect(words[1]! / words[0]!).toBeCloseTo(0.8, 10);
  });

  it('counts a gap in the numbers as distance', () => {
    const [first, , third] = turns(['cat', 'x', 'x']);
    const [own, lent] = components([first!, third!], query('cat'));
    expect(lent!.words / own!.words).toBeCloseTo(0.48, 10);
  });

  it('takes nothing from another stretch', () => {
    const [cat] = turns(['cat']);
    const [, later] = turns(['x', 'x'], { stretch: 2 });
    const [, other] = components([cat!, later!], query('cat'));
    expect([other!.words, other!.stretch]).toEqual([0, 0]);
  });

  it('prefers the one person that is named, whatever the case, and nobody when two are', () => {
    const said = [...turns(['cat'], { author: 'Ann' }), ...turns(['cat'], { author: 'Bob', stretch: 2 })];
    const person = (people: string[]) => components(said, query('cat', { people })).map(({ person }) => person);
    expect(person(['ann'])).toEqual([RECALL.person, 0]);
    expect(person(['Ann', 'Bob'])).toEqual([0, 0]);
    expect(person([])).toEqual([0, 0]);
  });

  it('prefers the stretch that fits the query as a whole', () => {
    const said = [...turns(['cat', 'x', 'x', 'x', 'x', 'x', 'dog']), ...turns(['cat'], { stretch: 2 })];
    const all = components(said, query('cat dog'));
    expect(all[0]!.stretch).toBe(RECALL.stretch);
    expect(all[7]!.stretch).toBeGreaterThan(0);
    expect(all[7]!.stretch).toBeLessThan(RECALL.stretch);
  });

  it('prefers the stretches in which the person named takes part', () => {
    const said = [...turns(['cat'], { author: 'Ann' }), ...turns(['cat'], { author: 'Bob', stretch: 2 })];
    const [ann, bob] = components(said, query('cat', { people: ['Ann'] }));
    expect(ann!.stretch).toBeGreaterThan(bob!.stretch);
  });

  it('counts dates, times where a time is asked for, and questions', () => {
    const said = turns(['We met yesterday', 'Did we?']);
    const dates = [shifted(said[0]!.createdAt, 'day', 0), shifted(said[0]!.createdAt, 'year', -3)];
    const [first, second] = components(said, query('meet', { dates, isWhenQuestion: true }));
    expect([first!.date, first!.time, first!.question]).toEqual([RECALL.date, RECALL.time, 0]);
    expect([second!.time, second!.question]).toEqual([0, -RECALL.question]);
    expect(components(said, query('meet'))[0]).toMatchObject({ date: 0, time: 0 });
  });

  it('takes the best of a word and those near to it, not their sum', () => {
    const near = [
      { lexeme: 'kitten', weight: 0.5 },
      { lexeme: 'unheard', weight: 0.4 },
    ];
    const options = { neighbours: (word: string) => (word === 'cat' ? near : []) };
    const said = (text: string) => components(turns([text]), query('cat'), options)[0]!.words;
    expect(said('kitten')).toBeCloseTo(said('cat') / 2, 10);
    expect(said('cat kitten')).toBeCloseTo(components(turns(['cat kitten']), query('cat'))[0]!.words, 10);
    expect(said('unheard')).toBe(0);
  });

  it('adds the cosine in standard deviations, nothing where it is not known', () => {
    const said = turns(['x', 'x', 'x']).map((turn, at) => ({ ...turn, cosine: [0.1, 0.3, undefined][at] }));
    const dense = components(said, query('cat'), { denseWeight: 0.5 }).map(({ dense }) => dense);
    expect(dense[0]).toBeCloseTo(-0.5, 10);
    expect(dense[1]).toBeCloseTo(0.5, 10);
    expect(dense[2]).toBe(0);
    expect(components(said, query('cat')).every(({ dense }) => dense === 0)).toBe(true);
  });

  it('of no candidates, and of no words, is no error', () => {
    expect(scoreTurns([], query('cat'), statistics)).toEqual([]);
    expect(scoreTurns(turns(['cat']), nothing, { ...statistics, documents: 0, averageLength: 0 })[0]!.score).toBe(0);
  });
});

const text = fc
  .array(fc.constantFrom('cat', 'dog', 'fish', 'x', 'yesterday', 'why?'), { minLength: 1, maxLength: 6 })
  .map((words) => words.join(' '));
const stretch = fc.record({ texts: fc.array(text, { minLength: 1, maxLength: 8 }), author: fc.constantFrom('Ann', 'Bob', null) });
const corpus = fc
  .array(stretch, { minLength: 1, maxLength: 4 })
  .map((stretches) => stretches.flatMap(({ texts, author }, at) => turns(texts, { stretch: at, author })));
const asked = fc.record({ people: fc.subarray(['Ann', 'Bob']), isWhenQuestion: fc.boolean() }).map((more) => query('cat dog', more));

describe('scores', () => {
  it('are the sum of their components, finite, and in order', () => {
    fc.assert(
      fc.property(corpus, asked, (candidates, query) => {
        const scored = scoreTurns(candidates, query, statistics);
        expect(scored.map(({ id }) => id).sort()).toEqual(candidates.map(({ id }) => id).sort());
        scored.forEach(({ score, components }, at) => {
          expect(Number.isFinite(score)).toBe(true);
          expect(score).toBeCloseTo(
            Object.values(components).reduce((a, b) => a + b),
            10,
          );
          expect(score).toBeLessThanOrEqual(scored[at - 1]?.score ?? Infinity);
        });
      }),
    );
  });

  it('do not depend on the order of the candidates', () => {
    fc.assert(
      fc.property(corpus, asked, (candidates, query) => {
        expect(scoreTurns(candidates.toReversed(), query, statistics)).toEqual(scoreTurns(candidates, query, statistics));
      }),
    );
  });

  it('by words never fall when a word of the query is said once more', () => {
    fc.assert(
      fc.property(corpus, fc.nat(), fc.constantFrom('cat', 'dog'), (candidates, pick, word) => {
        const at = pick % candidates.length;
        const more = candidates.map((turn, index) =>
          index === at ? { ...turn, frequencies: new Map(turn.frequencies).set(word, (turn.frequencies.get(word) ?? 0) + 1) } : turn,
        );
        const [before, after] = [candidates, more].map((all) => components(all, query('cat dog')));
        after!.forEach(({ words }, index) => {
          expect(words).toBeGreaterThanOrEqual(before![index]!.words);
        });
      }),
    );
  });

  it('by words do not change with what is said in other stretches', () => {
    fc.assert(
      fc.property(corpus, (candidates) => {
        const first = candidates.filter(({ stretch }) => stretch === 0);
        const words = (all: readonly TurnCandidate[]) =>
          components(all, query('cat dog'))
            .slice(0, first.length)
            .map(({ words }) => words);
        expect(words(candidates)).toEqual(words(first));
      }),
    );
  });
});
