import type pg from 'pg';
import type { Database } from '../../src/db/database.js';
import { createLog } from '../../src/log.js';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { saveTurn } from '../../src/repository/sql/save-turn.js';
import type { Store } from '../../src/repository/store.js';
import { gatherContext } from '../../src/services/context.js';
import { Recall } from '../../src/services/recall.js';
import { loadNeighbours } from '../../src/services/thesaurus.js';
import { storeFor } from '../../test/support/store.js';
import { type Timing, timingOf } from '../timing.js';
import { capture } from '../workload.js';
import { type Corpus, conversationId, PER_CONVERSATION, TENANT, userOf } from './corpus.js';

export type Measured = Readonly<{ what: string; timing: Timing }>;

const NO_PROVIDER = { configured: false, weight: 0, queryVector: async () => ({ vector: null, degraded: null }) };

/** Times what reads, in this process: each question once, so that nothing is answered from what was asked before. */
export async function measureReads(db: Database, corpus: Corpus, size: number, count: number): Promise<Measured[]> {
  const neighbours = await loadNeighbours();
  const recall = new Recall(async () => neighbours, NO_PROVIDER, { wrote() {} }, createLog('silent'));
  const store = await storeFor(db, { tenantId: TENANT });
  const own = await storeFor(db, { tenantId: TENANT, user: userOf(7) });
  const search = (mode: 'hybrid' | 'text') => (query: string) => recall.search(store, { query, mode }, { limit: 10, contextTurns: 0 });
  const context = (query: string, at: number) =>
    gatherContext(store, recall, { conversationId: conversationId(Math.floor(at / PER_CONVERSATION)), query });
  const calls: Record<string, (query: string, at: number) => Promise<unknown>> = {
    recall: (query) => recall.find(store, { query, sources: ['memories', 'messages', 'graph'] }, { limit: 10 }),
    'recall of one user': (query) => recall.find(own, { query, sources: ['memories', 'messages', 'graph'] }, { limit: 10 }),
    'search_messages hybrid': search('hybrid'),
    'search_messages text': search('text'),
    get_context: context,
  };
  const measured: Measured[] = [];
  for (const [what, call] of Object.entries(calls)) {
    const times: number[] = [];
    for (let round = -10; round < count; round += 1) {
      const at = Math.floor(((round + 10.5) / (count + 10)) * size);
      const query = corpus.question(corpus.message(at));
      const started = performance.now();
      await call(query, at);
      if (round >= 0) times.push(performance.now() - started);
    }
    measured.push({ what, timing: timingOf(times) });
  }
  return measured;
}

/** Times the statement that saves a turn: as it is, without the queue of words to be counted, and without the index of words too. */
export async function measureWrites(db: Database, client: pg.Client, corpus: Corpus, count: number): Promise<Measured[]> {
  const write = (at: number) => async (store: Store) => {
    const [question, answer] = [corpus.message(2 * at), corpus.message(2 * at + 1)];
    return store.turns.save({
      conversationId: conversationId(at % 50),
      messages: [
        { role: 'user', content: question.text, author: question.author ?? undefined },
        { role: 'assistant', content: answer.text },
      ],
    });
  };
  const counting = /counted as \(.*?(?=noted as \()/s;
  if (!counting.test(saveTurn.text)) throw new Error('The statement that saves a turn no longer has the part that this takes out.');
  const uncounted = saveTurn.text.replace(counting, '');
  const time = async (what: string, text: string): Promise<Measured> => {
    const times: number[] = [];
    for (let round = -20; round < count; round += 1) {
      const { values } = await capture(db, TENANT, write(round + 20));
      const started = performance.now();
      await client.query({ name: what, text, values: [...values] });
      if (round >= 0) times.push(performance.now() - started);
    }
    return { what, timing: timingOf(times) };
  };
  const folder = new CorpusFolder(db, () => new Date());
  await folder.foldAll(TENANT);
  const whole = await time('save_turn', saveTurn.text);
  const started = performance.now();
  await folder.foldAll(TENANT);
  const each = (performance.now() - started) / (count + 20) / 2;
  const folding = { what: 'counting the words of a message, later', timing: { samples: 1, median: each, p95: each } };
  const plain = await time('save_turn, words not counted', uncounted);
  await client.query('drop index messages_search_idx');
  return [whole, folding, plain, await time('save_turn, words neither counted nor indexed', uncounted)];
}

/** Bytes on disk. */
export async function measureSizes(client: pg.Client): Promise<Record<string, number>> {
  const { rows } = await client.query<{ name: string; bytes: string }>(
    `select 'messages with their other indexes' as name, pg_total_relation_size('messages') - pg_relation_size('messages_search_idx') as bytes
     union all select 'index of words', pg_relation_size('messages_search_idx')
     union all select 'statistics of words', pg_total_relation_size('corpus_terms') + pg_total_relation_size('corpus_totals')`,
  );
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)]));
}
