import type { Thesaurus } from '../../src/recall/thesaurus.js';
import type { Store } from '../../src/repository/store.js';
import type { Chat } from './offline/dataset.js';
import { queryOf, type Version } from './offline/ladder.js';
import { type Measures, measure } from './offline/measure.js';

/** One version of the score, over the candidates that the database gives: in this process, because no caller may choose weights. */
export async function askVersion(
  store: Store,
  thesaurus: Thesaurus,
  chat: Chat,
  turns: ReadonlyMap<string, string>,
  version: Version,
): Promise<{ measures: Measures }[]> {
  const answers: { measures: Measures }[] = [];
  for (const { question, evidence } of chat.questions.filter(({ evidence }) => evidence.length > 0)) {
    const filter = { query: question, sources: ['messages' as const] };
    const reading = await store.recall.read(filter, version.thesaurus ? thesaurus.neighbours : null);
    const ranked = await store.recall.rank({ ...reading, analysis: queryOf(reading.analysis, version) }, filter, {
      weights: version.weights,
    });
    const order = ranked.map(({ id }) => turns.get(id) ?? '');
    answers.push({ measures: measure(order, new Set(evidence.map((id) => `${chat.id}/${id}`))) });
  }
  return answers;
}
