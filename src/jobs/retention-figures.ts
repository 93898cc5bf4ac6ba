import type { RetentionCounts } from '../repository/retention/retention-counts.js';
import type { Figures } from '../repository/system/jobs.js';
import type { RetentionHost } from '../services/retention.js';
import type { JobHost } from './define.js';

/** Counts under names as they are everywhere outside of the program; what did not happen is left out. */
export const figuresOf = (counts: Readonly<RetentionCounts>): Figures =>
  Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), count]),
  );

export const retentionHost = ({ systemStore, changes, corpus }: JobHost): RetentionHost => ({
  systemStore,
  wrote(tenantId) {
    changes.wrote(tenantId);
    corpus.wrote(tenantId);
  },
});
