import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPeople } from '../../src/recall/find-people.js';

const known = ['Caroline', 'Melanie Smith', 'John Smith', 'John Doe', 'Will', 'May', 'José'];
const names = (text: string): string[] => findPeople(text, known).map(({ name }) => name);

describe('people in a query', () => {
  it.each([
    ['When did Caroline go?', ['Caroline']],
    ["what was caroline's idea", ['Caroline']],
    ['CAROLINE’S plans', ['Caroline']],
    ['What did Melanie say to Caroline?', ['Melanie Smith', 'Caroline']],
    ['melanie smith and her kids', ['Melanie Smith']],
    ['What did John Doe buy?', ['John Doe']],
    ['What did John buy?', ['John Smith', 'John Doe']],
    ['What does Smith think?', []],
    ['Carolines and Melaniesque', []],
    ['josé or José', ['José', 'José']],
    ['What will she do?', []],
    ['Will she come?', []],
    ["Will's car", ['Will']],
    ['What did Will do?', ['Will']],
    ['Is it so? Will they?', []],
  ])('%s', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it('leave out what is part of a date', () => {
    const text = 'What happened in May?';
    expect(names(text)).toEqual(['May']);
    expect(findPeople(text, known, [{ start: 14, end: 20 }])).toEqual([]);
  });

  it('are found wherever they stand among other words', () => {
    const word = fc.stringMatching(/^[bdfg]{1,8}$/);
    fc.assert(
      fc.property(fc.array(word), fc.array(word), fc.constantFrom('Caroline', 'John Doe'), (before, after, name) => {
        const text = [...before, name, ...after].join(' ');
        const found = findPeople(text, known);
        expect(found.map((mention) => mention.name)).toEqual([name]);
        expect(text.slice(found[0]!.start, found[0]!.end)).toBe(name);
      }),
    );
  });
});
