import { readFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { beforeAll, describe, expect, it } from 'vitest';
import { expandTerms } from '../../src/recall/soft-terms.js';
import { Thesaurus } from '../../src/recall/thesaurus.js';

let thesaurus: Thesaurus;
beforeAll(async () => {
  thesaurus = await Thesaurus.load();
});

/** The words with their lexemes, and their vectors, from the files. */
async function entriesOf(): Promise<[[word: string, lexeme: string][], number[][]]> {
  const folder = new URL('../../assets/thesaurus/', import.meta.url);
  const lines = (await readFile(new URL('words.txt', folder), 'utf8')).trimEnd().split('\n');
  const packed = await readFile(new URL('vectors.bin', folder));
  const vectors = lines.map((_, at) => [...packed.subarray(at * 50, at * 50 + 50)].flatMap((byte) => [(byte % 16) - 8, (byte >> 4) - 8]));
  const names = lines.map((line): [string, string] => {
    const [word = '', lexeme = word] = line.split('\t');
    return [word, lexeme];
  });
  return [names, vectors];
}

/** As it is defined. */
function cosineOf(x: readonly number[], y: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

describe('the thesaurus', () => {
  it('knows what is near in meaning', () => {
    const near = (word: string) =>
      thesaurus
        .neighbours(word)
        .slice(0, 10)
        .map(({ lexeme }) => lexeme);
    expect(near('dog')).toEqual(expect.arrayContaining(['cat', 'puppi', 'pet']));
    expect(near('violin')).toEqual(expect.arrayContaining(['cello', 'piano', 'flute']));
  });

  it('finds all whose cosine is above .3, by the word nearest of those that a lexeme is of', async () => {
    const near = new Map(thesaurus.neighbours('harbour').map(({ lexeme, weight }) => [lexeme, weight]));
    const [names, vectors] = await entriesOf();
    const own = vectors[names.findIndex(([word]) => word === 'harbour')]!;
    const best = new Map<string, number>();
    names.forEach(([, lexeme], at) => {
      const weight = (cosineOf(own, vectors[at]!) - 0.3) / 0.7;
      if (lexeme !== '' && lexeme !== 'harbour' && weight > 1e-6) best.set(lexeme, Math.max(weight, best.get(lexeme) ?? 0));
    });
    expect([...near.keys()].sort()).toEqual([...best.keys()].sort());
    for (const [lexeme, weight] of best) expect(near.get(lexeme)).toBeCloseTo(weight, 5);
  });

  it('lists each lexeme once, the best first, without the word itself and without stop words', () => {
    const near = thesaurus.neighbours('week');
    expect(new Set(near.map(({ lexeme }) => lexeme)).size).toBe(near.length);
    expect(near).toEqual(near.toSorted((a, b) => b.weight - a.weight));
    expect(near.every(({ weight }) => weight > 0 && weight <= 1)).toBe(true);
    expect(near.map(({ lexeme }) => lexeme)).not.toContain('week');
    expect(near.map(({ lexeme }) => lexeme)).not.toContain('');
  });

  it('does not know every word, and answers the same twice', () => {
    expect(thesaurus.neighbours('qwertyuiop')).toEqual([]);
    expect(thesaurus.neighbours('dog')).toBe(thesaurus.neighbours('dog'));
  });

  it('holds the lexemes the database makes', async () => {
    const lines = (await readFile(new URL('../../assets/thesaurus/words.txt', import.meta.url), 'utf8')).trimEnd().split('\n');
    const entries = lines.map((line) => line.split('\t'));
    const db = await PGlite.create();
    const { rows } = await db.query<{ lexeme: string }>(
      `select coalesce((ts_lexize('english_stem', word))[1], '') as lexeme from unnest($1::text[]) with ordinality w(word, at) order by at`,
      [entries.map(([word]) => word)],
    );
    await db.close();
    expect(entries).toHaveLength(40_000);
    expect(entries.map(([word, lexeme = word]) => lexeme)).toEqual(rows.map(({ lexeme }) => lexeme));
  }, 120_000);
});

describe('soft terms', () => {
  const term = { lexeme: 'dog', words: ['dog', 'dogs'] };
  const statistics = { documents: 100, averageLength: 5, frequency: (lexeme: string) => (lexeme === 'cat' ? 0 : 3) };

  it('are the best that occur in the corpus, after the term itself', () => {
    const [expanded] = expandTerms([term], statistics, 4, thesaurus.neighbours);
    const lexemes = expanded!.alternatives.map(({ lexeme }) => lexeme);
    expect(lexemes[0]).toBe('dog');
    expect(lexemes).toHaveLength(5);
    expect(lexemes).not.toContain('cat');
    expect(expanded!.alternatives[0]!.weight).toBe(1);
  });

  it('are none without a thesaurus', () => {
    expect(expandTerms([term], statistics, 32, null)[0]!.alternatives).toHaveLength(1);
  });
});
