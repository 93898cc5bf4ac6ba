import type { Span } from '../search/snippet.js';

export type PersonMention = Span & Readonly<{ name: string }>;
type Word = Span & Readonly<{ text: string; key: string }>;

/** Names that are words besides count only with a capital letter that no sentence gave them. */
const ALSO_WORDS = new Set(
  'will may mark rose hope joy faith grace bill art drew chase dawn june april august summer page guy miles dean frank grant pat rich'.split(
    ' ',
  ),
);

/** Which of the known people a text names, by full or first name, in any case, with or without 's. */
export function findPeople(text: string, known: readonly string[], taken: readonly Span[] = []): PersonMention[] {
  const free = wordsIn(text).filter(({ start, end }) => !taken.some((span) => span.start < end && start < span.end));
  const names = [...new Set(known)]
    .map((name) => ({ name, keys: wordsIn(name).map(({ key }) => key) }))
    .filter(({ keys }) => keys.length > 0);
  const found: PersonMention[] = [];
  for (let at = 0; at < free.length; ) {
    const matches = names.map(({ name, keys }) => ({ name, length: matchLength(text, free, at, keys) }));
    const longest = Math.max(0, ...matches.map(({ length }) => length));
    for (const { name } of matches.filter(({ length }) => length > 0 && length === longest)) {
      found.push({ name, start: free[at]!.start, end: free[at + longest - 1]!.end });
    }
    at += Math.max(1, longest);
  }
  return found;
}

/** How many words from `at` on are the name: all of it, or the first. */
function matchLength(text: string, words: readonly Word[], at: number, keys: readonly string[]): number {
  if (keys.length > 1 && keys.every((key, offset) => words[at + offset]?.key === key)) return keys.length;
  const word = words[at]!;
  if (word.key !== keys[0]) return 0;
  return !ALSO_WORDS.has(word.key) || isWrittenAsName(text, word) ? 1 : 0;
}

function isWrittenAsName(text: string, { start, end, text: word }: Word): boolean {
  if (word.charAt(0) === word.charAt(0).toLowerCase()) return false;
  return /^['’]s(?![\p{L}\p{N}])/u.test(text.slice(end)) || !/(?:^|[.!?]\s*)["“'‘(]*$/u.test(text.slice(0, start));
}

const wordsIn = (text: string): Word[] =>
  [...text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)].map(({ 0: word, index }) => ({
    text: word,
    key: word.toLowerCase(),
    start: index,
    end: index + word.length,
  }));
