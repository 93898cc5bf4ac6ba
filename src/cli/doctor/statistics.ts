import type { Database } from '../../db/database.js';
import { CorpusFolder } from '../../repository/corpus-folder.js';
import type { Statistics } from './report.js';

/** Compares the statistics of words of every tenant with a count, and makes those that are wrong anew if that is wanted. */
export async function checkStatistics(db: Database, fix: boolean): Promise<Statistics> {
  const folder = new CorpusFolder(db, () => new Date());
  const tenants = await folder.tenants();
  const found = { tenants: tenants.length, terms: 0, waiting: 0, wrong: [] as string[], rebuilt: [] as string[] };
  for (const { id, documents } of tenants) {
    const { terms, waiting, wrong } = await folder.verify(id, documents);
    found.terms += terms;
    found.waiting += waiting;
    if (wrong === 0) continue;
    if (fix) await folder.rebuild(id);
    (fix ? found.rebuilt : found.wrong).push(id);
  }
  return found;
}
