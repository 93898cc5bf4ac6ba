import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRecord, JobRecords } from '../repository/system/jobs.js';
import type { Job, JobHost } from './define.js';
import { beginRun, type RunHandle } from './run-job.js';
import { Schedule } from './schedule.js';

/** How long after it was started a process looks for what was missed: the first calls of its client come before. */
const CATCH_UP_MS = 3_000;
const JITTER_MS = 10_000;
/** Retries, jobs of processes that died, and due times that a sleeping machine missed are looked for at this pace. */
const WATCH = '* * * * *';
/** Whoever ends waits this long for what runs to notice. */
const PATIENCE_MS = 500;

export type Scheduled = Readonly<{ job: Job; schedule: Schedule }>;
/** Times of a cron expression; `off` is none. */
export const OFF = 'off';

/**
 * Runs due jobs in this process, unless another one was first. A schedule only says when to look; what is due is decided by
 * comparing its last due time with the one in the database, and who runs it by taking that time there. So a tick that is late,
 * lost or doubled does no harm, and any number of processes on one database run each job once for each due time.
 */
export class JobLoop {
  readonly #host: JobHost;
  readonly #records: JobRecords;
  readonly #jobs: readonly Job[];
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  /** Up to when nothing was due after the time the database has. */
  readonly #seen = new Map<string, Date>();
  #schedules: readonly Scheduled[] = [];
  #watch: Schedule | undefined;
  #catchUp: NodeJS.Timeout | undefined;

  constructor(host: JobHost, records: JobRecords, jobs: readonly Job[]) {
    this.#host = host;
    this.#records = records;
    this.#jobs = jobs;
  }

  /** Makes the jobs known to the database; nothing runs yet. */
  async prepare(): Promise<void> {
    const { config, log } = this.#host;
    const cron = await import('node-cron');
    const options = { timeZone: config.jobsTimeZone, jitterMs: JITTER_MS, log };
    this.#schedules = this.#jobs
      .filter((job) => config[job.setting] !== OFF && (job.applies?.(config) ?? true))
      .map((job) => {
        const tick = () => this.#calmly(this.look(job.name));
        return { job, schedule: new Schedule(cron, { ...options, name: job.name, expression: config[job.setting], tick }) };
      });
    this.#watch = new Schedule(cron, { ...options, name: 'watch', expression: WATCH, tick: () => this.#calmly(this.look()) });
    await this.#records.register(this.#jobs.map(({ name, setting }) => ({ name, schedule: config[setting] })));
  }

  /** From now on what is due is run; what was missed is made up for soon, once. */
  start(): void {
    if (this.#stopping.signal.aborted) return;
    for (const { schedule } of this.#schedules) schedule.start();
    this.#watch?.start();
    const delay = CATCH_UP_MS + Math.random() * CATCH_UP_MS;
    this.#catchUp = setTimeout(() => void this.#calmly(this.look()), delay).unref();
  }

  /** Runs what is due by now, one job after the other, and resolves when that is done. */
  async look(only?: string): Promise<void> {
    const known = new Map((await this.#records.list()).map((record) => [record.name, record]));
    for (const { job, schedule } of this.#schedules) {
      const record = known.get(job.name);
      if (!record || (only !== undefined && only !== job.name) || this.#stopping.signal.aborted) continue;
      const slot = this.#due(record, schedule);
      const run = slot && (await this.begin(job, slot, null));
      await run?.finished.catch((error: unknown) =>
        this.#host.log.warn({ err: error, job: job.name }, 'the end of a job was not written down'),
      );
    }
  }

  /** Begins a run, for a due time or because somebody asked for it; null when the job is not to be had. */
  async begin(job: Job, slot: Date | null, tenantId: string | null): Promise<(RunHandle & { stop(): void }) | null> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, stop.signal]);
    const run = await beginRun(this.#host, this.#records, { job, slot, tenantId, signal });
    if (!run) return null;
    const ended = run.finished.catch(() => undefined).finally(() => this.#running.delete(ended));
    this.#running.add(ended);
    return { ...run, stop: () => stop.abort() };
  }

  /** Nothing begins any more, and what runs is told to stop. What does not stop in time is made up for by another process, or by the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#catchUp);
    this.#watch?.stop();
    for (const { schedule } of this.#schedules) schedule.stop();
    if (this.#running.size > 0) await Promise.race([Promise.all(this.#running), sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  /** The due time to run now: a new one, or the last one where it was not brought to an end. */
  #due({ name, slot, running, enabled, lost, retryAt }: JobRecord, schedule: Schedule): Date | null {
    if (running || !enabled) return null;
    const now = this.#host.clock();
    const seen = this.#seen.get(name);
    // A time that lies ahead is of a process whose clock is wrong; whether it still counts is decided where it is taken.
    const after = slot > now ? (seen ?? new Date(0)) : seen && seen > slot ? seen : slot;
    const latest = schedule.latest(after, now);
    if (latest) return latest;
    this.#seen.set(name, now);
    return lost || (retryAt !== null && retryAt <= now) ? slot : null;
  }

  async #calmly(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#host.log.warn({ err: error }, 'jobs could not be looked at; trying again in a minute');
    }
  }
}
