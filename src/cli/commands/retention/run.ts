import type { RetentionCounts } from '../../../repository/retention/retention-counts.js';
import { assertTenant } from '../../assert-tenant.js';
import { defineCommand, flag, value } from '../../define.js';
import { columns, type Output } from '../../output.js';
import { stopOnSignals } from '../../stop-on-signals.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';

export default defineCommand({
  name: 'run',
  summary: 'carry out the retention policy of a tenant, or of all, now',
  details:
    'Ends and archives conversations, soft-deletes and removes for good what the policy says, in batches; what is under legal hold\n' +
    'is left alone. It may be stopped at any time (Ctrl+C) and goes on where it was. Exits with 1 when it was stopped before its end.',
  settings: STORAGE_SETTINGS,
  options: {
    tenant: value('id', 'the tenant, or `all`. Default: the one that is configured'),
    dryRun: flag('only count what is due'),
    json: flag('print JSON'),
  },
  run(invocation) {
    const { options, output, config } = invocation;
    return withDatabase(invocation, async ({ db, models }, app) => {
      const [{ retain, totalOf }, { TenantDirectory }] = await Promise.all([
        import('../../../services/retention.js'),
        import('../../../repository/system/tenants.js'),
      ]);
      const named = options.tenant ?? config().tenant;
      if (named !== 'all') await assertTenant(models, named);
      const tenants = named === 'all' ? (await new TenantDirectory(db, models, app.clock).list()).map(({ id }) => id) : [named];
      using stop = stopOnSignals();
      const reports = await retain(app.retention, tenants, {
        dryRun: options.dryRun,
        quick: true,
        signal: stop.signal,
        progress: throttled((tenantId, counts) => output.note(`${tenantId}: ${inWords(counts)} …`)),
      });
      const stopped = stop.signal.aborted || reports.some((report) => report.stopped);
      if (options.json)
        output.json(
          reports.map(({ tenantId, counts, dryRun, stopped }) => ({
            tenant: tenantId,
            dry_run: dryRun,
            stopped,
            counts: byName(counts),
          })),
        );
      else {
        output.line(
          `${options.dryRun ? 'Due' : 'Done'} in ${reports.length === 1 ? `tenant ${reports[0]?.tenantId}` : `${reports.length} tenants`}:`,
        );
        printCounts(totalOf(reports), output);
        if (stopped) output.note('Stopped before its end; the next run goes on from here.');
      }
      return stopped ? 1 : 0;
    });
  },
});

const EVERY_MS = 1_000;

function throttled<A extends unknown[]>(tell: (...args: A) => void): (...args: A) => void {
  let last = performance.now();
  return (...args) => {
    const now = performance.now();
    if (now - last < EVERY_MS) return;
    last = now;
    tell(...args);
  };
}

/** As the tool run_retention names them. */
const byName = (counts: Readonly<RetentionCounts>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [words(name).replaceAll(' ', '_'), count]));

const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const inWords = (counts: Readonly<RetentionCounts>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${words(name)} ${count}`)
    .join(', ');

function printCounts(counts: RetentionCounts, output: Output): void {
  const rows = Object.entries(counts).filter(([, count]) => count > 0);
  if (rows.length === 0) output.line('  nothing is due');
  else for (const line of columns(rows.map(([name, count]) => [words(name), String(count)] as const))) output.line(line);
}
