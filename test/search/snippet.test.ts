import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText, type Match, snippet, wordsOf } from '../../src/search/snippet.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Words of every kind, among them pairs of surrogates, with one that is looked for. */
const word = () =>
  fc.oneof(fc.constantFrom('harbour', 'naïve', '😀', '𠮷野', 'x'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }));
const text = () => fc.array(word(), { maxLength: 150 }).map((words) => words.join(' '));

const matchesOf = (text: string, wanted: string, weight = 1): Match[] =>
  wordsOf(text)
    .filter(({ start, end }) => text.slice(start, end) === wanted)
    .map((span) => ({ ...span, term: wanted, weight }));

describe('snippet', () => {
  it('shows the matches, marked, in what is around them', () => {
    const filler = 'nothing to see here and more of the same, '.repeat(20);
    const text = `${filler}we moored in the harbour at dawn. ${filler}`;
    const shown = snippet(text, matchesOf(text, 'harbour'));
    expect(shown).toContain('moored in the «harbour» at dawn');
    expect(shown).toMatch(/^….*…$/);
    expect(shown.length).toBeLessThan(260);
  });

  it('chooses the window that holds more of what is rare', () => {
    const text = `common word here ${'and on it goes '.repeat(40)} common then rare at last ${'and on it goes '.repeat(40)}`;
    const shown = snippet(text, [...matchesOf(text, 'common', 1), ...matchesOf(text, 'rare', 5)]);
    expect(shown).toContain('«common» then «rare»');
  });

  it('is the whole of a short text, and the beginning of one without a match', () => {
    expect(snippet('all of\nit', matchesOf('all of\nit', 'it'))).toBe('all of «it»');
    const shown = snippet('beginning '.repeat(100), []);
    expect(shown).toMatch(/^beginning .*beginning…$/);
    expect(snippet('', [])).toBe('');
  });

  it('marks an address as one word', () => {
    const text = 'write to ann@example.org today';
    const address = wordsOf(text).find(({ start, end }) => text.slice(start, end) === 'ann@example.org')!;
    const inner = matchesOf(text, 'example');
    expect(snippet(text, [...inner, { ...address, term: 'ann@example.org', weight: 1 }])).toBe('write to «ann@example.org» today');
  });

  it('always contains a match, never half a character, and is never long', () => {
    fc.assert(
      fc.property(text(), text(), fc.integer({ min: 20, max: 300 }), (before, after, width) => {
        const whole = `${before} harbour ${after}`;
        const shown = snippet(whole, matchesOf(whole, 'harbour'), width);
        expect(shown).toContain('«harbour»');
        expect(shown).not.toMatch(LONE_SURROGATE);
        const marks = shown.split('«').length - 1;
        expect(shown.length).toBeLessThanOrEqual(width + 2 * marks + 2);
      }),
    );
  });

  it('cuts a match that is longer than the window, between characters', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 60 }), fc.integer({ min: 0, max: 3 }), (width, shift) => {
        const text = `${'a'.repeat(shift)}${'😀'.repeat(100)}`;
        const shown = snippet(text, [{ start: 0, end: text.length, term: 't', weight: 1 }], width);
        expect(shown).toMatch(/^«.+»…$/u);
        expect(shown).not.toMatch(LONE_SURROGATE);
      }),
    );
  });
});

describe('cutText', () => {
  it('keeps a beginning of whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, length) => {
        const cut = cutText(text, length);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(length);
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, length) - 1);
        expect(cut).not.toMatch(LONE_SURROGATE);
      }),
    );
  });
});
