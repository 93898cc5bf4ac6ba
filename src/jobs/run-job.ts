import { toAppError } from '../db/pg-errors.js';
import { AppError } from '../errors.js';
import type { Figures, JobRecords, JobRunRecord, Outcome, RunStats } from '../repository/system/jobs.js';
import type { Job, JobContext, JobHost } from './define.js';

/** A process that ends without a word is missed after this; its job is then had by another one. */
const LEASE_MS = 30_000;
const KEEP_EVERY_MS = 10_000;
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 30 * 60_000;
/** Tenants whose figures are kept with a run. */
const MAX_TENANTS = 200;

export type RunRequest = Readonly<{ job: Job; slot: Date | null; tenantId: string | null; signal: AbortSignal }>;
export type RunHandle = Readonly<{ id: string; finished: Promise<JobRunRecord> }>;

/** Begins a run if the job is to be had; null when another process runs it or ran it for this due time. The run never rejects because of the job. */
export async function beginRun(host: JobHost, records: JobRecords, request: RunRequest): Promise<RunHandle | null> {
  const { job, slot, tenantId } = request;
  const claim = await records.claim({ job: job.name, slot, tenantId, leaseMs: LEASE_MS });
  if (!claim) return null;
  const { runId: id, failures } = claim;
  return { id, finished: conclude(host, records, request, id, failures) };
}

async function conclude(host: JobHost, records: JobRecords, request: RunRequest, id: string, failures: number): Promise<JobRunRecord> {
  const { job, slot, tenantId, signal } = request;
  const taken = new AbortController();
  // A database out of reach for a moment takes nothing from us: another process has the job only when the database says so.
  const keep = async () => {
    if (!(await records.keep(job.name, id, LEASE_MS))) taken.abort();
  };
  const keeping = setInterval(() => void keep().catch(() => undefined), KEEP_EVERY_MS).unref();
  const log = host.log.child({ job: job.name, run: id });
  const until = AbortSignal.any([signal, taken.signal]);
  const stats: RunStats = {};
  const started = performance.now();
  try {
    const outcome = await work(host, records, job, tenantId, stats, { log, signal: until }).then(
      (error): Pick<Outcome, 'status' | 'error'> => (until.aborted ? STOPPED : error === null ? SUCCEEDED : { status: 'failed', error }),
      (error: unknown) => {
        if (until.aborted) return STOPPED;
        log.warn({ err: error }, 'a job failed');
        return { status: 'failed' as const, error: publicText(error) };
      },
    );
    const retryAt = slot && retryOf(outcome.status, failures, host.clock());
    host.metrics?.jobEnded(job.name, outcome.status, (performance.now() - started) / 1000);
    await records.finish(job.name, id, { ...outcome, stats, retryAt });
    log.debug({ ...outcome, ...stats.totals }, 'a job ended');
    const run = await records.run(id);
    if (!run) throw new AppError('not_found', 'The run was removed while it was under way.');
    return run;
  } finally {
    clearInterval(keeping);
  }
}

const STOPPED = { status: 'stopped', error: null } as const;
const SUCCEEDED = { status: 'succeeded', error: null } as const;

/** Does the work and adds up what was done. Answers what went wrong for some tenants, or null. */
async function work(
  host: JobHost,
  records: JobRecords,
  job: Job,
  tenantId: string | null,
  stats: RunStats,
  { log, signal }: Pick<JobContext, 'log' | 'signal'>,
): Promise<string | null> {
  const { db, models } = await host.database();
  const context: JobContext = { host, db, models, log, signal };
  if ('run' in job) {
    stats.totals = await job.run(context);
    return null;
  }
  const tenants = tenantId === null ? await records.tenants() : [tenantId];
  const failed: string[] = [];
  for (const tenant of tenants) {
    if (signal.aborted) break;
    try {
      note(stats, tenant, { figures: await job.runFor(tenant, context) });
    } catch (error) {
      if (signal.aborted) break;
      log.warn({ err: error, tenant }, 'a job failed for a tenant');
      failed.push(tenant);
      note(stats, tenant, { error: publicText(error) });
    }
  }
  const [first] = failed;
  if (first === undefined) return null;
  return failed.length === 1 ? `It failed for tenant ${first}.` : `It failed for ${failed.length} tenants, ${first} the first of them.`;
}

/** Most tenants of most runs have nothing to tell. */
function note(stats: RunStats, tenant: string, told: { figures?: Figures; error?: string }): void {
  const figures = Object.fromEntries(Object.entries(told.figures ?? {}).filter(([, count]) => count !== 0));
  stats.totals ??= {};
  for (const [name, count] of Object.entries(told.figures ?? {})) stats.totals[name] = (stats.totals[name] ?? 0) + count;
  stats.tenants ??= {};
  if (told.error === undefined && Object.keys(figures).length === 0) return;
  if (Object.keys(stats.tenants).length >= MAX_TENANTS) return;
  stats.tenants[tenant] = { ...(Object.keys(figures).length > 0 && { figures }), ...(told.error !== undefined && { error: told.error }) };
}

/** A run that was stopped is anybody's at once; one that failed is tried again after a while that doubles. */
function retryOf(status: Outcome['status'], failures: number, now: Date): Date | null {
  if (status === 'stopped') return now;
  if (status !== 'failed') return null;
  return new Date(now.getTime() + Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS));
}

const publicText = (error: unknown): string => {
  const { message, hint } = toAppError(error);
  return hint ? `${message} ${hint}` : message;
};
