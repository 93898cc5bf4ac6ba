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

/** So many documents may be looked at for words that stand alone, and so many more for pairs of common words. */
const BUDGET = { single: 6000, pairs: 2500 };
const MAX_PAIRS = 8;

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
 * little, and there are very many of them.
 */
export function planCandidates(terms: readonly PlannedTerm[], documents: number): CandidatePlan {
  const rarest = terms.toSorted((a, b) => a.documents - b.documents);
  const single = within(rarest, BUDGET.single, ({ documents }) => documents);
  const rest = rarest.slice(single.length);
  if (rest.length === 0) return planAll(terms);
  const pairs = rest.flatMap((a, at) =>
    rest.slice(at + 1).map((b) => ({ a, b, documents: (a.documents * b.documents) / Math.max(documents, 1) })),
  );
  const chosen = within(
    pairs.toSorted((a, b) => a.documents - b.documents).slice(0, MAX_PAIRS),
    BUDGET.pairs,
    ({ documents }) => documents,
  );
  return {
    queries: [
      ...single.map(({ lexeme }) => quoteLexeme(lexeme)),
      ...chosen.map(({ a, b }) => `${quoteLexeme(a.lexeme)} & ${quoteLexeme(b.lexeme)}`),
    ],
    weights: [...single.map(({ idf }) => idf), ...chosen.map(() => 0)],
    rest: rest.map(({ lexeme }) => quoteLexeme(lexeme)).join(' | '),
    // ts_rank of an OR is the mean over its words.
    restWeight: rest.reduce((sum, { idf }) => sum + idf, 0),
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
