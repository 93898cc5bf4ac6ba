import { openApp } from '../../app.js';
import { type Config, describeConfig, environmentOf } from '../../config.js';
import { counted } from '../../counted.js';
import { inspectDistribution } from '../../db/distribution.js';
import { migrationStatus } from '../../db/migrate.js';
import { AppError } from '../../errors.js';
import { createLog } from '../../log.js';
import { VERSION } from '../../version.js';
import { startServer } from '../client.js';
import { checkAttachments, checkCounters, checkOrphans, countRows, readLocks } from './queries.js';
import type { Report, SelfCheck } from './report.js';
import { checkStatistics } from './statistics.js';

const LONG_TRANSACTION_SECONDS = 60;

/** Looks at everything it can get at; one part that fails does not keep it from the others. */
export async function examine(config: Config, fix: boolean, progress: (text: string) => void): Promise<Report> {
  const report: Report = {
    ok: false,
    program: { version: VERSION, node: process.version, platform: `${process.platform} ${process.arch}` },
    settings: describeConfig(config),
    problems: [],
  };
  const part = async (what: string, work: () => Promise<void>): Promise<void> => {
    progress(`${what} …`);
    try {
      await work();
    } catch (error) {
      report.problems.push(`${what}: ${explain(error)}`);
    }
  };

  await part('Database', () => examineDatabase(config, fix, report, part));
  await part('MCP server', async () => {
    report.mcp = await shakeHands(config);
  });
  report.ok = report.problems.length === 0;
  return report;
}

async function examineDatabase(
  config: Config,
  fix: boolean,
  report: Report,
  part: (what: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  // What the engine logs is said by the report.
  await using app = openApp(config, config.logSql ? undefined : createLog('silent'));
  const started = performance.now();
  const db = await app.engine();
  const openMs = Math.round(performance.now() - started);
  report.engine = { ...(await db.describe()), openMs };

  await part('Schema', async () => {
    const { applied, pending, unknown } = await migrationStatus(db);
    report.schema = { applied, pending, unknown };
    if (unknown.length > 0)
      report.problems.push(`Schema: it was made by a newer version of the program (${unknown.join(', ')}). Update the program.`);
    if (pending.length > 0 && !config.autoMigrate) report.problems.push('Schema: migrations are pending. Run recollect migrate up.');
  });
  if (!report.schema || report.schema.pending.length > 0) return;

  await part('Row-level security', async () => {
    const state = await db.rowSecurity();
    if (state === null) return;
    const { on, role, problem, hint } = state;
    report.rowSecurity = { on, role, problem, hint };
    if (!on && config.rowSecurity !== 'off')
      report.problems.push(`Row-level security: the program alone keeps tenants apart. ${[problem, hint].filter(Boolean).join(' ')}`);
  });
  await part('Citus', async () => {
    const distribution = await inspectDistribution(db);
    if (!distribution) return;
    const { citus, workers, tables } = distribution;
    const placed = tables.filter((table) => table.placed).length;
    const left = placed === 0 ? [] : tables.filter((table) => !table.placed).map(({ table }) => table);
    report.shards = { citus, workers, placed, left };
    if (left.length > 0)
      report.problems.push(`Citus: ${left.join(', ')} are not spread, though others are. Run recollect migrate distribute.`);
  });
  await part('Rows', async () => {
    report.tables = await countRows(db.sequelize);
  });
  await part('Counters', async () => {
    report.counters = await checkCounters(db.sequelize);
    if (report.counters.wrong > 0)
      report.problems.push(`Counters: wrong in ${report.counters.wrong} of ${report.counters.conversations} conversations.`);
  });
  await part('Statistics of words', async () => {
    report.statistics = await checkStatistics(db, fix);
    const { wrong } = report.statistics;
    if (wrong.length > 0)
      report.problems.push(
        `Statistics of words: wrong for ${wrong.join(', ')}, so search ranks worse than it could. Run recollect doctor --fix.`,
      );
  });
  await part('Vectors and tasks', async () => {
    const { vectors, tasks, fixed } = await checkOrphans(db.sequelize, fix);
    report.orphans = { vectors, tasks, fixed };
    if (!fixed && vectors + tasks > 0)
      report.problems.push(
        `Vectors and tasks: ${counted(vectors, 'vector')} and ${counted(tasks, 'task')} belong to messages that are not there. Run recollect doctor --fix.`,
      );
  });
  await part('Attachments', async () => {
    report.attachments = await checkAttachments(db.sequelize);
    const { orphans, miscounted } = report.attachments;
    if (orphans + miscounted > 0)
      report.problems.push(
        `Attachments: ${orphans} without their message${orphans > 0 ? ' (recollect doctor --fix removes them)' : ''}; messages that do not have as many as they say: ${miscounted}.`,
      );
  });
  await part('Locks', async () => {
    report.locks = await readLocks(db.sequelize);
    const { oldestTransactionSeconds } = report.locks;
    if (oldestTransactionSeconds > LONG_TRANSACTION_SECONDS)
      report.problems.push(
        `Locks: a transaction has been open for ${oldestTransactionSeconds} seconds, which keeps vacuum from cleaning up. Look into pg_stat_activity for it.`,
      );
  });
}

/** Starts this program as a client would, and asks what it offers. */
async function shakeHands(config: Config): Promise<SelfCheck> {
  const started = performance.now();
  await using server = await startServer(environmentOf(config));
  const handshakeMs = Math.round(performance.now() - started);
  const { tools } = await server.client.listTools();
  if (tools.length === 0) throw new AppError('internal', 'the server offers no tools.');
  return { handshakeMs, tools: tools.map(({ name }) => name) };
}

function explain(error: unknown): string {
  if (error instanceof AppError) return [error.message, error.hint].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}
