import { inverseDocumentFrequency } from '../search/bm25.js';
import { type Match, snippet, wordsOf } from '../search/snippet.js';
import { Repository } from './context.js';
import type { Reading } from './recall/recall-reading.js';
import type { RankedHit } from './recall/recall-records.js';
import type { MessageRecord, MessageRole } from './records.js';
import { loadHits, stemWords } from './sql/search-messages.js';

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

type HitRow = MessageRecord & { light: boolean; conversationTitle: string | null; before: ContextMessage[]; after: ContextMessage[] };
type Term = { lexeme: string; idf: number };

/** Above so many different words only those with the first letter of a term are asked about. */
const MANY_WORDS = 400;

/** What is shown of messages that a search found. */
export class SearchRepository extends Repository {
  /** Ranked messages in their order, with the turns around them and a snippet that shows the words of the query. */
  async hits(ranked: readonly RankedHit[], { analysis, statistics }: Reading, contextTurns: number): Promise<SearchHit[]> {
    if (ranked.length === 0) return [];
    const terms = analysis.allTerms.map(({ lexeme }) => ({
      lexeme,
      idf: inverseDocumentFrequency(statistics.documents, statistics.frequency(lexeme)),
    }));
    return this.load(ranked, terms, contextTurns);
  }

  private async load(ranked: readonly RankedHit[], terms: readonly Term[], contextTurns: number): Promise<SearchHit[]> {
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
  private async match(texts: readonly string[], terms: readonly Term[]): Promise<Match[][]> {
    const spans = texts.map((text) =>
      wordsOf(text).map((span) => ({ ...span, word: text.slice(span.start, span.end).normalize().toLowerCase() })),
    );
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

/** Inside json a moment is text. */
const revive = (message: ContextMessage): ContextMessage => ({ ...message, createdAt: new Date(message.createdAt) });

/** The first letter without accent and case. */
const initial = (word: string): string => {
  const [first = ''] = word;
  return first.normalize('NFKD').slice(0, 1).toLowerCase();
};
