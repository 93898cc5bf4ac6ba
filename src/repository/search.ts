import { z } from 'zod';
import { invalidInput, notFound } from '../errors.js';
import { inverseDocumentFrequency, termScores, total } from '../search/bm25.js';
import { type PlannedTerm, planAll, planCandidates } from '../search/plan.js';
import { parseSearchText } from '../search/query.js';
import { type Match, snippet, wordsOf } from '../search/snippet.js';
import { lexemeFrequencies } from '../search/tsvector.js';
import { Repository } from './context.js';
import { Corpus } from './corpus.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { MessageRecord, MessageRole } from './records.js';
import { loadHits, readQuery, searchConversation, searchMessages, stemWords } from './sql/search-messages.js';

export const SEARCH_MODES = ['hybrid', 'text', 'semantic'] as const;

export type SearchFilter = {
  query: string;
  mode: (typeof SEARCH_MODES)[number];
  conversationId?: string | undefined;
  /** External id of the user whose conversations are searched. */
  user?: string | undefined;
  roles?: MessageRole[] | undefined;
  after?: Date | undefined;
  before?: Date | undefined;
};

export type ContextMessage = {
  id: string;
  seq: number;
  turn: number;
  role: MessageRole;
  author: string | null;
  text: string;
  truncated: boolean;
  createdAt: Date;
};

export type SearchHit = {
  message: MessageRecord;
  /** The message is too large for a list: its parts are left out and its text is a beginning. */
  truncated: boolean;
  conversation: { id: string; title: string | null };
  score: number;
  snippet: string;
  before: ContextMessage[];
  after: ContextMessage[];
};

export type SearchResult = {
  hits: SearchHit[];
  nextCursor: string | null;
  modeUsed: 'text';
  degraded: boolean;
  /** Why there is nothing, where that needs saying. */
  note: string | null;
};

type Query = { lexemes: string[]; counts: (number | null)[]; condition: string | null; found: boolean };
type Candidate = { id: string; createdAt: Date; length: number; search: string };
type Ranked = { id: string; createdAt: Date; score: number };
type HitRow = MessageRecord & { light: boolean; conversationTitle: string | null; before: ContextMessage[]; after: ContextMessage[] };
type Statistics = { documents: number; counts: number[] };

/** Rank of the next hit, the newest message that was there, and the counts the ranks were made with: paging repeats the same ranking. */
const place = z.tuple([z.int().min(1), z.guid(), z.number().min(0), z.array(z.number().min(0)).max(64)]);

/** With fewer candidates than a page can show, the common words are looked up too. */
const ENOUGH = 50;
/** Above so many different words only those with the first letter of a term are asked about. */
const MANY_WORDS = 400;

/** Full-text search over messages, ranked by BM25. */
export class SearchRepository extends Repository {
  readonly #corpus = new Corpus(this.context);

  async messages(filter: SearchFilter, page: { limit: number; contextTurns: number; cursor?: string | undefined }): Promise<SearchResult> {
    this.assertUser(filter.user);
    if (filter.mode === 'semantic') {
      throw invalidInput(
        'Semantic search needs an embedding provider, and none is configured.',
        'Use mode "hybrid" (the default) or "text".',
      );
    }
    const bound = { ...filter, tenantId: this.tenantId, userId: this.userId };
    const from = page.cursor === undefined ? null : decodeCursor('search_messages', bound, page.cursor, place);
    const known: Statistics | null = from && { documents: from[2], counts: from[3] };
    const { terms, condition, documents, share } = await this.read(filter, known);
    if (terms.length === 0)
      return nothing('There is no word to look for: common words such as “the” and excluded ones find nothing by themselves.');
    const ranked = await this.rank(filter, terms, { documents, share, condition, upTo: from?.[1] ?? null });
    if (ranked.length === 0) return nothing(null);
    const start = from?.[0] ?? 0;
    const hits = await this.load(ranked.slice(start, start + page.limit), terms, page.contextTurns);
    const end = start + page.limit;
    const upTo =
      from?.[1] ??
      ranked
        .map(({ id }) => id)
        .sort()
        .at(-1);
    return {
      hits,
      nextCursor:
        end < ranked.length ? encodeCursor('search_messages', bound, [end, upTo, documents, terms.map((term) => term.documents)]) : null,
      modeUsed: 'text',
      degraded: false,
      note: null,
    };
  }

  private async read(filter: SearchFilter, known: Statistics | null) {
    const text = parseSearchText(filter.query);
    const { share, common, ...corpus } = await this.#corpus.statistics();
    const documents = known?.documents ?? corpus.documents;
    const [query] = await this.context.db.query<Query>(
      readQuery,
      [
        this.tenantId,
        this.userId,
        text.words,
        text.phrases,
        text.excluded,
        [...common.keys()],
        known !== null,
        filter.conversationId ?? null,
      ],
      this.context.transaction,
    );
    const { lexemes, counts, condition, found } = query!;
    if (!found) throw notFound('conversation', filter.conversationId ?? '', 'Call list_conversations for the ids you can read.');
    const terms = lexemes.map((lexeme, at): PlannedTerm => {
      const frequency = known?.counts[at] ?? counts[at] ?? Math.round((common.get(lexeme) ?? 0) * documents);
      return { lexeme, documents: frequency, idf: inverseDocumentFrequency(documents, frequency) };
    });
    return { terms, condition, documents, share };
  }

  private async rank(
    filter: SearchFilter,
    terms: readonly PlannedTerm[],
    { documents, share, condition, upTo }: { documents: number; share: number; condition: string | null; upTo: string | null },
  ): Promise<Ranked[]> {
    const find = ({ queries, weights, rest, restWeight }: ReturnType<typeof planAll>): Promise<Candidate[]> =>
      this.context.db.query<Candidate>(
        filter.conversationId === undefined ? searchMessages : searchConversation,
        [
          this.tenantId,
          this.userId,
          queries,
          weights,
          rest,
          restWeight,
          condition,
          filter.conversationId ?? null,
          filter.user ?? null,
          filter.roles ?? null,
          filter.after ?? null,
          filter.before ?? null,
          upTo,
          terms.map(({ lexeme }) => lexeme),
        ],
        this.context.transaction,
      );
    const plan = filter.conversationId === undefined ? planCandidates(terms, documents, share) : planAll(terms);
    let candidates = await find(plan);
    if (plan.pruned && candidates.length < ENOUGH) candidates = await find(planAll(terms));
    // The length hardly counts (b = .1), so the candidates' own mean is near enough to that of all messages.
    const averageLength = candidates.reduce((sum, { length }) => sum + length, 0) / Math.max(candidates.length, 1);
    const scored = terms.map(({ lexeme, idf }) => ({ term: lexeme, idf }));
    return candidates
      .map(({ id, createdAt, length, search }) => {
        const frequencies = lexemeFrequencies(search);
        return { id, createdAt, score: total(termScores(scored, { length, frequencies }, averageLength)) };
      })
      .sort((a, b) => b.score - a.score || b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
  }

  private async load(ranked: readonly Ranked[], terms: readonly PlannedTerm[], contextTurns: number): Promise<SearchHit[]> {
    const rows = await this.context.db.query<HitRow>(
      loadHits,
      [this.tenantId, this.userId, ranked.map(({ id }) => id), contextTurns],
      this.context.transaction,
    );
    const scores = new Map(ranked.map(({ id, score }) => [id, score]));
    const matches = await this.match(
      rows.map(({ text }) => text),
      terms,
    );
    return rows.map(({ light, conversationTitle, before, after, ...message }, at) => ({
      message,
      truncated: !light,
      conversation: { id: message.conversationId, title: conversationTitle },
      score: scores.get(message.id) ?? 0,
      snippet: snippet(message.text, matches[at] ?? []),
      before: before.map(revive),
      after: after.map(revive),
    }));
  }

  /** The words of each text that the query looks for: the database tells, because it knows the language. */
  private async match(texts: readonly string[], terms: readonly PlannedTerm[]): Promise<Match[][]> {
    const spans = texts.map((text) => wordsOf(text).map((span) => ({ ...span, word: text.slice(span.start, span.end).toLowerCase() })));
    const words = new Set(spans.flat().map(({ word }) => word));
    const initials = new Set(terms.map(({ lexeme }) => initial(lexeme)));
    const asked = words.size > MANY_WORDS ? [...words].filter((word) => initials.has(initial(word))) : [...words];
    const stems = await this.context.db.query<{ word: string; lexeme: string }>(
      stemWords,
      [this.tenantId, asked, terms.map(({ lexeme }) => lexeme)],
      this.context.transaction,
    );
    const weights = new Map(terms.map(({ lexeme, idf }) => [lexeme, idf]));
    const lexemes = new Map(stems.map(({ word, lexeme }) => [word, lexeme]));
    return spans.map((words) =>
      words.flatMap(({ start, end, word }) => {
        const term = lexemes.get(word);
        return term === undefined ? [] : [{ start, end, term, weight: weights.get(term) ?? 0 }];
      }),
    );
  }
}

const nothing = (note: string | null): SearchResult => ({ hits: [], nextCursor: null, modeUsed: 'text', degraded: false, note });

/** Inside json a moment is text. */
const revive = (message: ContextMessage): ContextMessage => ({ ...message, createdAt: new Date(message.createdAt) });

/** The first letter without accent and case. */
const initial = (word: string): string => {
  const [first = ''] = word;
  return first.normalize('NFKD').slice(0, 1).toLowerCase();
};
