import { type Span, wordsOf } from '../search/snippet.js';
import type { DateRange } from './calendar.js';
import { type Clock, findDates } from './find-dates.js';
import { findPeople } from './find-people.js';
import { isQuestion, isWhenQuestion } from './text-features.js';

/** A lexeme that is looked for, and the words of the query it comes from. */
export type QueryTerm = Readonly<{ lexeme: string; words: readonly string[] }>;

export type QueryAnalysis = Readonly<{
  /** What is looked for in transcripts, without the names of people, unless there is nothing else. */
  terms: readonly QueryTerm[];
  /** What finds candidates, and what is looked for in memories: names too. */
  allTerms: readonly QueryTerm[];
  /** The known people that are named. */
  people: readonly string[];
  dates: readonly DateRange[];
  isWhenQuestion: boolean;
  isQuestion: boolean;
  /** Nothing is asked but what there was at some time: "what happened last week?" has no word to find it by. */
  asksForTimeAlone?: boolean;
}>;

export type QueryContext = Clock &
  Readonly<{
    /** Names of authors and users. */
    participants: readonly string[];
    /** The lexemes that the database makes of a word in lower case; none for a stop word. */
    stem: (word: string) => readonly string[];
  }>;

/** What a question about a time may say besides, and no answer to it has to. */
const ASKING = new Set(
  `happen happens happened happening go goes going went talk talks talked talking discuss discussed say says said tell tells told chat
  chatted mention mentioned speak spoke know remember recall summarize summary everything anything something things new news`.split(/\s+/),
);

/** The words of a query that `analyzeQuery` asks the lexemes of, so that they can be had in one statement. */
export const wordsToStem = (text: string): string[] => [...new Set(spelled(text).map(({ word }) => word))];

/** Reads from a query what is looked for, who and when. */
export function analyzeQuery(text: string, context: QueryContext): QueryAnalysis {
  const mentions = findDates(text, context);
  const people = findPeople(text, context.participants, mentions);
  const words = spelled(text);
  const allTerms = termsOf(words, context.stem);
  const names = new Set(
    termsOf(
      words.filter((word) => isWithin(word, people)),
      context.stem,
    ).map(({ lexeme }) => lexeme),
  );
  // "Caroline's" is one word besides "Caroline" and "s": it holds the name's lexeme and adds none.
  const others = termsOf(
    words.filter((word) => !overlaps(word, people)),
    context.stem,
  );
  const elsewhere = new Set(others.map(({ lexeme }) => lexeme));
  const terms = allTerms.filter(({ lexeme }) => !names.has(lexeme) || elsewhere.has(lexeme));
  return {
    terms: terms.length > 0 ? terms : allTerms,
    allTerms,
    people: [...new Set(people.map(({ name }) => name))],
    dates: mentions.map(({ range }) => range),
    isWhenQuestion: isWhenQuestion(text),
    isQuestion: isQuestion(text),
    asksForTimeAlone:
      mentions.length > 0 &&
      termsOf(
        words.filter((word) => !overlaps(word, mentions) && !overlaps(word, people) && !ASKING.has(word.word)),
        context.stem,
      ).length === 0,
  };
}

type SpelledWord = Span & Readonly<{ word: string }>;

const spelled = (text: string): SpelledWord[] =>
  wordsOf(text).map((span) => ({ ...span, word: text.slice(span.start, span.end).toLowerCase() }));

function termsOf(words: readonly SpelledWord[], stem: QueryContext['stem']): QueryTerm[] {
  const terms = new Map<string, Set<string>>();
  for (const { word } of words) {
    for (const lexeme of stem(word)) terms.set(lexeme, (terms.get(lexeme) ?? new Set()).add(word));
  }
  return [...terms].map(([lexeme, words]) => ({ lexeme, words: [...words] }));
}

const isWithin = (word: Span, spans: readonly Span[]): boolean => spans.some(({ start, end }) => start <= word.start && word.end <= end);
const overlaps = (word: Span, spans: readonly Span[]): boolean => spans.some(({ start, end }) => start < word.end && word.start < end);
