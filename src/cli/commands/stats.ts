import { invalidInput } from '../../errors.js';
import { PERIODS, type Period } from '../../repository/periods.js';
import { parseTimestamp } from '../../timestamp.js';
import { defineCommand, flag, value } from '../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../tenant-store.js';

const PLAIN_WIDTH = 80;

export default defineCommand({
  name: 'stats',
  summary: 'show what is stored, in numbers and small charts',
  details:
    'Shows totals, averages, the longest conversation, and messages by time, user and platform. Times are in UTC. What was written\n' +
    'in the last seconds by another process may not be among the messages by time yet.',
  settings: STORAGE_SETTINGS,
  options: {
    tenant: tenantOption,
    user: value('id', 'only what is of this user, by external id'),
    period: value('day|week|month', 'how messages are put together over time. Default: day'),
    from: value('time', 'begin here. Default: 30 days, 12 weeks or 12 months back'),
    to: value('time', 'end here. Default: now'),
    json: flag('print JSON, as get_stats answers it'),
  },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, output } = invocation;
      const period = periodOf(options.period);
      const [from, to] = [momentOf('--from', options.from), momentOf('--to', options.to)];
      const [{ viewStats }, { printStats }] = await Promise.all([
        import('../../services/stats-view.js'),
        import('../stats/print-stats.js'),
      ]);
      const view = viewStats(await store.stats.summary({ user: options.user, period, from, to }, app.embeddings.models));
      if (options.json) output.json(view);
      else {
        const until = to ?? new Date(app.clock().getTime() + 1);
        printStats(store.principal.tenantId, view, { period, from, to: until }, output, process.stdout.columns ?? PLAIN_WIDTH);
      }
      return 0;
    }),
});

function periodOf(written = 'day'): Period {
  const period = PERIODS.find((each) => each === written);
  if (!period) throw invalidInput(`--period is ${JSON.stringify(written.slice(0, 40))}; allowed: ${PERIODS.join(', ')}.`);
  return period;
}

function momentOf(name: string, written: string | undefined): Date | undefined {
  if (written === undefined) return undefined;
  const moment = parseTimestamp(written);
  if (!moment)
    throw invalidInput(`${name} is ${JSON.stringify(written.slice(0, 40))}; write a date or time such as 2026-03-01 or 2026-03-01T09:30Z.`);
  return moment;
}
