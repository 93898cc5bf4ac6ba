import { analyzeQuery, type QueryAnalysis, wordsToStem } from '../../../src/recall/analyze-query.js';
import type { TurnCandidate } from '../../../src/recall/score-turns.js';
import type { CorpusStatistics } from '../../../src/recall/soft-terms.js';
import { inverseDocumentFrequency } from '../../../src/search/bm25.js';
import { LexemeCounter } from '../../../src/search/tsvector.js';
import type { Chat } from './dataset.js';
import type { Language } from './language.js';

export type Question = Readonly<{
  category: number;
  analysis: QueryAnalysis;
  evidence: ReadonlySet<string>;
  /** Places of the best turns by the database's rank, best first. */
  ranked: readonly number[];
}>;

/** Chats that share one corpus, with everything about their questions that the database says. */
export type Collection = Readonly<{
  name: string;
  turns: readonly TurnCandidate[];
  statistics: CorpusStatistics;
  questions: readonly Question[];
}>;

const MOST_CANDIDATES = 400;

export async function collect(name: string, chats: readonly Chat[], language: Language): Promise<Collection> {
  const turns = await turnsOf(chats, language);
  const statistics = statisticsOf(turns);
  const newest = new Date(Math.max(...turns.map(({ createdAt }) => createdAt.getTime())));
  const participants = [...new Set(turns.map(({ author }) => author!))];
  const stems = await language.stem(chats.flatMap(({ questions }) => questions.flatMap(({ question }) => wordsToStem(question))));
  const questions: Question[] = [];
  for (const chat of chats) {
    for (const { question, category, evidence } of chat.questions.filter(({ evidence }) => evidence.length > 0)) {
      const analysis = analyzeQuery(question, { now: newest, newest, participants, stem: (word) => stems.get(word) ?? [] });
      const lexemes = analysis.allTerms.map(({ lexeme }) => lexeme);
      const weights = lexemes.map((lexeme) => inverseDocumentFrequency(turns.length, statistics.frequency(lexeme)));
      const ranked = await language.rank(lexemes, weights, MOST_CANDIDATES);
      questions.push({ category, analysis, evidence: new Set(evidence.map((id) => `${chat.id}/${id}`)), ranked });
    }
  }
  return { name, turns, statistics, questions };
}

async function turnsOf(chats: readonly Chat[], language: Language): Promise<TurnCandidate[]> {
  const spoken = chats.flatMap((chat) => chat.turns.map((turn, index) => ({ ...turn, chat: chat.id, seq: index + 1 })));
  const texts = spoken.map(({ text, caption }) => (caption === undefined ? text : `${text} ${caption}`));
  const vectors = await language.index(texts);
  const { count } = new LexemeCounter();
  return spoken.map((turn, at) => {
    return {
      id: `${turn.chat}/${turn.id}`,
      stretch: `${turn.chat}/${turn.session}`,
      seq: turn.seq,
      author: turn.speaker,
      createdAt: turn.date,
      text: texts[at]!,
      ...count(vectors[at]!),
    };
  });
}

function statisticsOf(turns: readonly TurnCandidate[]): CorpusStatistics {
  const documents = new Map<string, number>();
  const authors = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { frequencies, author } of turns) {
    for (const lexeme of frequencies.keys()) add(documents, lexeme);
    add(authors, author!);
  }
  return {
    documents: turns.length,
    averageLength: turns.reduce((sum, { length }) => sum + length, 0) / turns.length,
    frequency: (lexeme) => documents.get(lexeme) ?? 0,
    authored: (name) => authors.get(name) ?? 0,
  };
}

/** The first so many of the turns the database ranked, with those around them; every turn when there is no limit. */
export function candidatesOf({ turns }: Collection, { ranked }: Question, limit: number | null): readonly TurnCandidate[] {
  if (limit === null) return turns;
  const near = new Set<number>();
  for (const at of ranked.slice(0, limit)) {
    const { stretch } = turns[at]!;
    for (let other = at - 3; other <= at + 2; other += 1) if (turns[other]?.stretch === stretch) near.add(other);
  }
  return [...near].sort((a, b) => a - b).map((at) => turns[at]!);
}
