export type PlannedTerm = Readonly<{ lexeme: string; documents: number; idf: number }>;

export type CandidatePlan = Readonly<{
  /** tsqueries, each looked up by itself; a document is a candidate when one of them finds it. */
  queries: readonly string[];
  /** What each match of a query counts for the order of the candidates. */
  weights: readonly number[];
  /** A tsquery of the words that no query looks up alone: they count for the order all the same. */
  rest: string;
  restWeight: number;
  /** Not every document with a word of the query is a candidate. */
  pruned: boolean;
}>;

/**
 * So many documents may be looked at for words that stand alone, and so many more for pairs of common words. Twice as many
 * took twice the time, and the best ten of no query differed.
 */
const BUDGET = { single: 3000, pairs: 1000 };
const MAX_PAIRS = 8;
/** What ts_rank gives a word that stands once in a text. */
const RANK_OF_ONE_OCCURRENCE = 0.0607927;
/** What the statement divides the weight of a word by in a text of average length. */
const TYPICAL_DIVISOR = 1.9;

/** Looks up every word. */
export const planAll = (terms: readonly PlannedTerm[]): CandidatePlan => ({
  queries: terms.map(({ lexeme }) => quoteLexeme(lexeme)),
  weights: terms.map(({ idf }) => idf),
  rest: '',
  restWeight: 0,
  pruned: false,
});

/**
 * Looks up the rare words, and the common ones in pairs only: a document in which nothing but one common word stands says
 * little, and there are very many of them. `share` is how much of what the index holds the caller may read: the rest is
 * looked at in vain.
 */
export function planCandidates(terms: readonly PlannedTerm[], documents: number, share = 1): CandidatePlan {
  const rarest = terms.toSorted((a, b) => a.documents - b.documents);
  const single = within(rarest, BUDGET.single * share, ({ documents }) => documents);
  const rest = rarest.slice(single.length);
  if (rest.length === 0) return planAll(terms);
  const pairs = rest.flatMap((a, at) =>
    rest.slice(at + 1).map((b) => ({ a, b, documents: (a.documents * b.documents) / Math.max(documents, 1) })),
  );
  const likely = pairs.toSorted((a, b) => a.documents - b.documents).slice(0, MAX_PAIRS);
  const affordable = within(likely, BUDGET.pairs * share, ({ documents }) => documents);
  const chosen = single.length + affordable.length > 0 ? affordable : likely.slice(0, 1);
  if (single.length + chosen.length === 0) return planAll(terms);
  return {
    queries: [
      ...single.map(({ lexeme }) => quoteLexeme(lexeme)),
      ...chosen.map(({ a, b }) => `${quoteLexeme(a.lexeme)} & ${quoteLexeme(b.lexeme)}`),
    ],
    weights: [...single.map(({ idf }) => idf), ...chosen.map(() => 0)],
    rest: rest.map(({ lexeme }) => quoteLexeme(lexeme)).join(' | '),
    // ts_rank of an OR is the mean over its words; the weight makes one occurrence of each of them count what it counts alone.
    restWeight: rest.reduce((sum, { idf }) => sum + idf, 0) / (TYPICAL_DIVISOR * RANK_OF_ONE_OCCURRENCE),
    pruned: true,
  };
}

/** A lexeme as it is written inside a tsquery. */
export const quoteLexeme = (lexeme: string): string => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

function within<T>(items: readonly T[], budget: number, cost: (item: T) => number): T[] {
  let left = budget;
  const end = items.findIndex((item) => {
    left -= cost(item);
    return left < 0;
  });
  return items.slice(0, end < 0 ? items.length : end);
}
