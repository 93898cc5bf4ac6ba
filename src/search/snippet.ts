export type Span = Readonly<{ start: number; end: number }>;
/** A word of the text that the query looks for. */
export type Match = Span & Readonly<{ term: string; weight: number }>;

const CHUNK = /\S+/gu;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** How far from the wanted place a cut may move to fall between two words. */
const SLACK = 25;

/** The words of a text: every run of letters and digits, and what a database may take as one word (an address, a number with dots) whole. */
export function wordsOf(text: string): Span[] {
  const spans: Span[] = [];
  for (const chunk of text.matchAll(CHUNK)) {
    const words = [...chunk[0].matchAll(WORD)].map(({ 0: word, index }) => ({
      start: chunk.index + index,
      end: chunk.index + index + word.length,
    }));
    const first = words[0];
    if (first && words.length > 1) spans.push({ start: first.start, end: words.at(-1)!.end });
    spans.push(...words);
  }
  return spans;
}

/** The part of a text, about `width` characters long, that says most about the matches in it, each between « and ». */
export function snippet(text: string, matches: readonly Match[], width = 240): string {
  const marked = withoutOverlap(matches).map((match) => ({ ...match, end: boundary(text, Math.min(match.end, match.start + width)) }));
  const core = bestWindow(marked, width) ?? { start: 0, end: 0 };
  const spare = Math.max(0, width - (core.end - core.start));
  const from = Math.max(0, Math.min(core.start - Math.floor(spare / 2), text.length - width));
  const start = from <= 0 ? 0 : wordStart(text, from, core.start);
  const to = Math.max(core.end, start + width);
  const end = to >= text.length ? text.length : wordEnd(text, to, core.end);
  const parts: string[] = [];
  let at = start;
  for (const match of marked.filter((match) => match.start >= start && match.end <= end)) {
    parts.push(text.slice(at, match.start), '«', text.slice(match.start, match.end), '»');
    at = match.end;
  }
  parts.push(text.slice(at, end));
  const shown = parts.join('').replace(/\s+/gu, ' ').trim();
  return `${start > 0 ? '…' : ''}${shown}${end < text.length ? '…' : ''}`;
}

/** The first `length` characters of a text, never half a surrogate pair. */
export const cutText = (text: string, length: number): string => (text.length <= length ? text : text.slice(0, boundary(text, length)));

function withoutOverlap(matches: readonly Match[]): Match[] {
  const kept: Match[] = [];
  // The longer of two that begin at one place is the whole word.
  for (const match of matches.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (match.start >= (kept.at(-1)?.end ?? 0)) kept.push(match);
  }
  return kept;
}

/** The stretch of matches, at most `width` long, whose different terms weigh most; the first of equal ones. */
function bestWindow(matches: readonly Match[], width: number): Span | undefined {
  const inside = new Map<string, number>();
  let weight = 0;
  let first = 0;
  let best: (Span & { weight: number }) | undefined;
  for (const match of matches) {
    const count = inside.get(match.term) ?? 0;
    inside.set(match.term, count + 1);
    if (count === 0) weight += match.weight;
    while (match.end - matches[first]!.start > width) {
      const leaving = matches[first]!;
      const left = inside.get(leaving.term)! - 1;
      inside.set(leaving.term, left);
      if (left === 0) weight -= leaving.weight;
      first += 1;
    }
    if (!best || weight > best.weight + 1e-9) best = { start: matches[first]!.start, end: match.end, weight };
  }
  return best;
}

/** The beginning of a word shortly after `from`, but not after `limit`. */
function wordStart(text: string, from: number, limit: number): number {
  for (let at = from; at <= Math.min(from + SLACK, limit); at += 1) if (isSpace(text, at - 1) && !isSpace(text, at)) return at;
  return boundary(text, from);
}

/** The end of a word shortly before `to`, but not before `limit`. */
function wordEnd(text: string, to: number, limit: number): number {
  for (let at = to; at >= Math.max(to - SLACK, limit); at -= 1) if (isSpace(text, at) && !isSpace(text, at - 1)) return at;
  return Math.max(limit, boundary(text, to));
}

const isSpace = (text: string, at: number): boolean => /\s/u.test(text.charAt(at));

/** `at`, or one less where it would part a surrogate pair. */
function boundary(text: string, at: number): number {
  const code = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  return code >= 0xdc00 && code <= 0xdfff && before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}
