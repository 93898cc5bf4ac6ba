import type { QueryAnalysis } from '../../../src/recall/analyze-query.js';
import { RECALL, type RecallWeights } from '../../../src/recall/constants.js';

/** A version of the score: which weights, whether with the thesaurus, and whether names are words like others. */
export type Version = Readonly<{ name: string; weights: RecallWeights; thesaurus: boolean; namesAreWords?: boolean }>;

export const FULL: Version = { name: 'full score', weights: RECALL, thesaurus: true };

const alone: RecallWeights = {
  ...RECALL,
  neighbours: { ...RECALL.neighbours, before: 0, after: 0 },
  person: 0,
  stretch: 0,
  date: 0,
  time: 0,
  question: 0,
};
const { neighbours, person, stretch, date, time, question } = RECALL;

/** From words alone to the full score, then the full score without each part. */
export const LADDER: readonly Version[] = [
  { name: 'BM25', weights: alone, thesaurus: false, namesAreWords: true },
  { name: '+ names are no words', weights: alone, thesaurus: false },
  { name: '+ neighbours', weights: { ...alone, neighbours }, thesaurus: false },
  { name: '+ person', weights: { ...alone, neighbours, person }, thesaurus: false },
  { name: '+ stretch', weights: { ...alone, neighbours, person, stretch }, thesaurus: false },
  { name: '+ date', weights: { ...alone, neighbours, person, stretch, date }, thesaurus: false },
  { name: '+ time', weights: { ...alone, neighbours, person, stretch, date, time }, thesaurus: false },
  { name: '+ question', weights: { ...alone, neighbours, person, stretch, date, time, question }, thesaurus: false },
  { name: '+ thesaurus (full)', weights: RECALL, thesaurus: true },
  ...(['person', 'stretch', 'date', 'time', 'question'] as const).map((part) => ({
    name: `full − ${part}`,
    weights: { ...RECALL, [part]: 0 },
    thesaurus: true,
  })),
  { name: 'full − neighbours', weights: { ...RECALL, neighbours: alone.neighbours }, thesaurus: true },
];

export const queryOf = (analysis: QueryAnalysis, { namesAreWords = false }: Version): QueryAnalysis =>
  namesAreWords ? { ...analysis, terms: analysis.allTerms } : analysis;
