import { setImmediate as othersTurn } from 'node:timers/promises';
import { RECALL } from '../../recall/constants.js';
import type { CorpusStatistics } from '../../recall/soft-terms.js';
import { Repository } from '../context.js';
import { WHOLE_TENANT } from '../sql/corpus-documents.js';
import { nearFrequencies } from '../sql/near-frequencies.js';
import type { Reading } from './recall-reading.js';

/** So many words near to one of the query may stand in for it if they occur, and so many for all of them together. */
const NEAR = { each: 200, all: 1500 };
/** Nearly every word occurs in a large corpus, so that the nearest are enough most of the time. */
const LARGE = { documents: 10_000, each: 2 * RECALL.softWords };

/** How often words near in meaning to those of a query occur. */
export class NearWords extends Repository {
  /**
   * The statistics that a query is scored with. Nothing that finds messages depends on them: whoever asks for both at once
   * has words compared here while the database looks for messages.
   */
  async statistics({ words, statistics, neighbours, present, scopeId }: Reading): Promise<CorpusStatistics> {
    if (!neighbours || scopeId === undefined) return statistics;
    const most = Math.min(NEAR.each, Math.ceil(NEAR.all / Math.max(words.length, 1)));
    const lists: string[][] = [];
    for (const word of words) {
      await othersTurn();
      const near = neighbours(word).slice(0, most);
      lists.push(near.map(({ lexeme }) => lexeme));
    }
    const counts = new Map<string, number>();
    const occurs = (lexeme: string) => counts.has(lexeme);
    const first = statistics.documents < LARGE.documents ? most : LARGE.each;
    for (const [from, to] of [
      [0, first],
      [first, most],
    ] as const) {
      // The nearest of each word that occur are known when there are as many as are used.
      const known = lists.every((list) => list.length <= from || list.slice(0, from).filter(occurs).length >= RECALL.softWords);
      if (known) break;
      const lexemes = [...new Set(lists.flatMap((list) => list.slice(from, to)))];
      const values = [this.tenantId, scopeId ?? WHOLE_TENANT, [...present], lexemes];
      const rows = await this.context.db.query<{ lexeme: string; documents: number }>(nearFrequencies, values, this.context.transaction);
      for (const { lexeme, documents } of rows) counts.set(lexeme, documents);
    }
    return { ...statistics, frequency: (lexeme) => statistics.frequency(lexeme) || (counts.get(lexeme) ?? 0) };
  }
}
