import { assertTenant } from '../../assert-tenant.js';
import { defineCommand, flag, value } from '../../define.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { runJson, runText } from './run-text.js';

export default defineCommand({
  name: 'run',
  summary: 'run a job now and wait for its end',
  details: 'Runs a job in this process, also one that is switched off or not scheduled. Ctrl-C stops it; what is done by then stays done.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'job', description: 'its name; recollect jobs list shows them' },
  options: { tenant: value('id', 'only for this tenant. Default: for every tenant'), json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async ({ models }, { jobs }) => {
      const { options, operand = '', output } = invocation;
      if (options.tenant !== undefined) await assertTenant(models, options.tenant);
      const started = await jobs.start(operand.replaceAll('-', '_'), options.tenant ?? null);
      output.note(`Running ${operand} …`);
      process.on('SIGINT', started.stop).on('SIGTERM', started.stop);
      try {
        const run = await started.finished;
        if (options.json) output.json(runJson(run));
        else output.line(`${run.job}  ${runText(run)}`);
        return run.status === 'succeeded' ? 0 : 1;
      } finally {
        process.off('SIGINT', started.stop).off('SIGTERM', started.stop);
      }
    }),
});
