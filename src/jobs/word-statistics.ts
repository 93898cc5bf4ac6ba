import { CorpusFolder } from '../repository/corpus-folder.js';
import { defineJob } from './define.js';

/** A check or a new count of so many documents takes a moment; of more, it would hold up everybody where one transaction has the engine to itself. */
const QUICK = 20_000;

export default defineJob({
  name: 'word_statistics',
  summary: 'counts the words that nobody has counted yet, checks the statistics of words, and makes wrong ones anew',
  setting: 'jobWordStatistics',

  async runFor(tenantId, { host, db, signal, log }) {
    const folder = new CorpusFolder(db, host.clock);
    const figures = { checked: 0, wrong: 0, rebuilt: 0, left_to_doctor: 0 };
    while (!signal.aborted && (await folder.fold(tenantId)));
    const documents = await folder.documents(tenantId);
    if (signal.aborted || documents === 0) return figures;
    if (documents > QUICK && !db.capabilities.concurrentTransactions) return { ...figures, left_to_doctor: 1 };
    const { wrong } = await folder.verify(tenantId, documents);
    figures.checked = 1;
    if (wrong === 0) return figures;
    figures.wrong = wrong;
    if (documents > QUICK) {
      log.warn({ tenant: tenantId, wrong }, 'statistics of words are wrong: run recollect doctor --fix while little is written');
      return { ...figures, left_to_doctor: 1 };
    }
    await folder.rebuild(tenantId);
    return { ...figures, rebuilt: 1 };
  },
});
