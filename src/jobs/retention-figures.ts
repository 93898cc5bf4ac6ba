import type { RetentionCounts } from '../repository/retention/retention-counts.js';
import type { Figures } from '../repository/system/jobs.js';

/** Counts under names as they are everywhere outside of the program; what did not happen is left out. */
export const figuresOf = (counts: Readonly<RetentionCounts>): Figures =>
  Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), count]),
  );
