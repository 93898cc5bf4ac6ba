import type { App } from '../../app.js';
import { Progress } from './progress.js';

/** Counts the words of what was brought in, so that search and statistics need not do it again and again. Stopped, a server goes on. */
export async function countWords(app: App, tenantId: string, signal?: AbortSignal): Promise<void> {
  const [{ db }, { CorpusFolder }] = await Promise.all([app.database(), import('../../repository/corpus-folder.js')]);
  const bar = new Progress('Counting words');
  try {
    await new CorpusFolder(db, app.clock).foldMuch(tenantId, { ...(signal && { signal }), progress: (documents) => bar.tell(documents) });
  } finally {
    bar.end();
  }
}
