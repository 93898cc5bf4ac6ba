import { z } from 'zod';
import { defineTool } from '../../define.js';
import { retentionCountsView, retentionText, viewRetentionCounts } from '../../retention-views.js';

export default defineTool({
  name: 'run_retention',
  title: 'Carry out retention',
  description:
    'Carry out the retention policy of the tenant now: end, archive, soft-delete and remove for good what it says. Look with dry_run first: it counts the same and changes nothing. Conversations under legal hold are left alone.',
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ dry_run: z.boolean().default(false).describe('Only count what is due.') }),
  output: z.object({
    counts: retentionCountsView,
    dry_run: z.boolean(),
    stopped: z.boolean().describe('Stopped before its end; call again to go on.'),
  }),

  async run({ dry_run }, { store, signal }) {
    const { counts, dryRun, stopped } = await store.retention.runRetention({ dryRun: dry_run, signal });
    return { counts: viewRetentionCounts(counts), dry_run: dryRun, stopped };
  },

  text: ({ counts, dry_run, stopped }) =>
    `${dry_run ? 'Would be done: ' : 'Done: '}${retentionText(counts)}.${stopped ? ' Stopped before the end; call run_retention again to go on.' : ''}`,
});
