import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planAll, planCandidates, quoteLexeme } from '../../src/search/plan.js';
import { parseSearchText } from '../../src/search/query.js';
import { LexemeCounter } from '../../src/search/tsvector.js';

describe('what a person types', () => {
  it.each([
    ['boat trip', { words: 'boat trip', phrases: [], excluded: [] }],
    ['"boat trip" june', { words: 'boat trip june', phrases: ['boat trip'], excluded: [] }],
    ['“boat trip” june', { words: 'boat trip june', phrases: ['boat trip'], excluded: [] }],
    ['boat -sail', { words: 'boat', phrases: [], excluded: ['sail'] }],
    ['boat -"white sail"', { words: 'boat', phrases: [], excluded: ['white sail'] }],
    ['state-of-the-art -5 - "', { words: 'state-of-the-art -5 - "', phrases: [], excluded: [] }],
    ['5" pipe', { words: '5" pipe', phrases: [], excluded: [] }],
    ['-only', { words: '', phrases: [], excluded: ['only'] }],
  ])('%s', (text, parsed) => {
    expect(parseSearchText(text)).toEqual(parsed);
  });

  it('loses no word, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[\p{L}\d'&|!()<>:*\\"-]{1,8}$/u), { maxLength: 8 }), (pieces) => {
        const { words, excluded } = parseSearchText(pieces.join(' '));
        const kept = `${words} ${excluded.join(' ')}`;
        for (const [word] of pieces.join(' ').matchAll(/[\p{L}\d]+/gu)) expect(kept).toContain(word);
      }),
    );
  });
});

describe('the plan of a search', () => {
  const term = (lexeme: string, documents: number) => ({ lexeme, documents, idf: Math.log(1 + 100_000 / (documents + 1)) });

  it('looks up every word while they are few enough', () => {
    const terms = [term('boat', 120), term('trip', 900)];
    expect(planCandidates(terms, 100_000)).toEqual(planAll(terms));
    expect(planAll(terms)).toMatchObject({ queries: ["'boat'", "'trip'"], pruned: false });
  });

  it('looks up common words in pairs only, and counts them for the order', () => {
    const plan = planCandidates([term('go', 10_000), term('boat', 120), term('time', 9_000)], 100_000);
    expect(plan).toMatchObject({ queries: ["'boat'", "'time' & 'go'"], rest: "'time' | 'go'", pruned: true });
    expect(plan.weights[1]).toBe(0);
    expect(plan.restWeight).toBeGreaterThan(0);
  });

  it('looks up the rarest pair at least, and a lone common word', () => {
    const [go, time, see] = [term('go', 40_000), term('time', 30_000), term('see', 35_000)];
    expect(planCandidates([go, time, see], 100_000)).toMatchObject({ queries: ["'time' & 'see'"], pruned: true });
    expect(planCandidates([go], 100_000)).toEqual(planAll([go]));
  });

  it('looks at less for a caller who may read little of what is there', () => {
    const terms = [term('boat', 120), term('trip', 900)];
    expect(planCandidates(terms, 10_000, 0.1)).toMatchObject({ queries: ["'boat'"], rest: "'trip'", pruned: true });
  });

  it('writes a lexeme so that a query reads the same one', () => {
    expect(quoteLexeme("o'neill\\x")).toBe("'o''neill\\\\x'");
  });
});

describe('a tsvector in text form', () => {
  const written = String.raw`'boat':1,4A,9 'o''neill':2 'a\\b':3 'plain' 'x:y,z':5,6`;

  it('tells how often each lexeme stands', () => {
    const { length, frequencies } = new LexemeCounter().count(written);
    expect(length).toBe(5);
    expect(Object.fromEntries(frequencies)).toEqual({ boat: 3, "o'neill": 1, 'a\\b': 1, plain: 1, 'x:y,z': 2 });
  });

  it('tells of some how often they stand, and of all how many there are', () => {
    const { count } = new LexemeCounter(['x:y,z', "o'neill", 'boot', 'absent']);
    expect(count(written).length).toBe(5);
    expect(Object.fromEntries(count(written).frequencies)).toEqual({ "o'neill": 1, 'x:y,z': 2 });
    expect(count('')).toEqual({ length: 0, frequencies: new Map() });
  });

  it('tells of those wanted what it tells of all', () => {
    const lexeme = fc.stringMatching(/^[a-zа-я0-9'\\:,]{1,6}$/u);
    const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
    fc.assert(
      fc.property(fc.uniqueArray(lexeme, { maxLength: 40 }), fc.array(lexeme, { maxLength: 10 }), fc.nat(40), (all, others, some) => {
        const text = all.map((word, at) => `${quoted(word)}:${at + 1}${at % 3 === 0 ? ',99' : ''}`).join(' ');
        const wanted = [...all.slice(0, some), ...others];
        const whole = new LexemeCounter().count(text);
        expect([...whole.frequencies.keys()]).toEqual(all);
        const expected = [...whole.frequencies].filter(([word]) => wanted.includes(word));
        expect([...new LexemeCounter(wanted).count(text).frequencies]).toEqual(expected);
      }),
    );
  });
});
