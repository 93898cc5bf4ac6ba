import { describe, expect, it } from 'vitest';
import { analyzeQuery, wordsToStem } from '../../src/recall/analyze-query.js';

const STOP = new Set(['what', 'did', 'in', 'the', 's', 'to', 'is', 'and', 'when', 'will', 'do']);
/** As the database does it, for these few words. */
const stem = (word: string): string[] =>
  [...new Set(word.split(/[^\p{L}\p{N}]+/u))]
    .filter((part) => part !== '' && !STOP.has(part))
    .map((part) => part.replace(/(?:ing|s)$/, ''));
const analyze = (text: string, participants = ['Caroline', 'Hope']) =>
  analyzeQuery(text, { now: new Date('2024-03-13'), participants, stem });
const lexemes = (terms: readonly { lexeme: string }[]): string[] => terms.map(({ lexeme }) => lexeme);

describe('a query', () => {
  it('is looked for without the names of people, which still find candidates', () => {
    const { terms, allTerms, people } = analyze('What did Caroline say to Melanie in the meetings?');
    expect(people).toEqual(['Caroline']);
    expect(lexemes(terms)).toEqual(['say', 'melanie', 'meeting']);
    expect(lexemes(allTerms)).toEqual(['caroline', ...lexemes(terms)]);
  });

  it('loses a name with its possessive too', () => {
    expect(lexemes(analyze("Caroline's painting").terms)).toEqual(['paint']);
  });

  it('keeps a word that is a name elsewhere in it', () => {
    expect(lexemes(analyze('What did Hope hope to do?').terms)).toEqual(['hope']);
  });

  it('of nothing but a name looks for the name', () => {
    expect(lexemes(analyze('Caroline').terms)).toEqual(['caroline']);
  });

  it('keeps the words each lexeme was written as', () => {
    expect(analyze('Painting and paintings').terms).toEqual([
      { lexeme: 'paint', words: ['painting'] },
      { lexeme: 'painting', words: ['paintings'] },
    ]);
    expect(analyze('meet meets').terms).toEqual([{ lexeme: 'meet', words: ['meet', 'meets'] }]);
  });

  it('tells what it asks for and when', () => {
    const { dates, isWhenQuestion, isQuestion } = analyze('When did she paint last week?');
    expect([isWhenQuestion, isQuestion, dates.length]).toEqual([true, true, 1]);
    expect(analyze('painting').isQuestion).toBe(false);
  });

  it.each(['What happened last week?', 'Caroline, yesterday', 'in July', 'What did Caroline say in March 2024?'])(
    'of a time and nothing else: %s',
    (text) => expect(analyze(text).asksForTimeAlone).toBe(true),
  );

  it.each(['What happened?', 'Caroline', 'What did she paint last week?', 'What did Melanie do yesterday?', ''])(
    'of something else, too: %s',
    (text) => expect(analyze(text).asksForTimeAlone).toBe(false),
  );

  it('says which words must be stemmed', () => {
    expect(wordsToStem("Caroline's self-care, self")).toEqual(["caroline's", 'caroline', 's', 'self-care', 'self', 'care']);
  });

  it('may be empty', () => {
    expect(analyze('').allTerms).toEqual([]);
  });
});
