import type { RecallHit } from '../repository/recall/recall-records.js';
import { cutText } from '../search/snippet.js';
import { estimateTokens } from '../tokens.js';

/** Characters of stored text in one answer. */
const ROOM = 16_000;
const LEAST = 200;

/** The hits from the first on that fit a budget of tokens, each cut to its share of an answer; of a first one larger than the budget, the beginning. */
export function withinTokens(hits: readonly RecallHit[], budget = Number.POSITIVE_INFINITY): { hits: RecallHit[]; totalTokens: number } {
  const share = Math.max(LEAST, Math.floor(ROOM / Math.max(hits.length, 1)));
  const kept: RecallHit[] = [];
  let totalTokens = 0;
  for (const whole of hits) {
    const hit = cut(whole, share);
    const tokens = tokensOfHit(hit);
    if (totalTokens + tokens > budget) break;
    kept.push(hit);
    totalTokens += tokens;
  }
  const [first] = hits;
  if (kept.length > 0 || !first) return { hits: kept, totalTokens };
  const beginning = cutToTokens(first, budget);
  return { hits: [beginning], totalTokens: tokensOfHit(beginning) };
}

const tokensOfHit = ({ text, title }: Pick<RecallHit, 'text' | 'title'>): number =>
  estimateTokens([title, text].filter(Boolean).join('\n'));

const cut = (hit: RecallHit, length: number): RecallHit =>
  hit.text.length <= length ? hit : { ...hit, text: cutText(hit.text, length), truncated: true };

/** Without its title, and as much of its text as the budget allows: a character takes up to four bytes, and so one token. */
function cutToTokens(hit: RecallHit, budget: number): RecallHit {
  let beginning = cut({ ...hit, title: null }, budget * 4);
  while (tokensOfHit(beginning) > budget) beginning = cut(beginning, Math.floor(beginning.text.length * 0.75));
  return beginning;
}
