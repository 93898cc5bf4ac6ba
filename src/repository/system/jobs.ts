import type { Database } from '../../db/database.js';
import { newId } from '../../ids.js';
import type { JobStatus } from '../../models/job.js';
import { claimJob, findRun, finishJob, keepJob, listJobs, listRuns, registerJobs, switchJob, trimRuns } from '../sql/jobs.js';
import { listTenantIds } from '../sql/tenants.js';

/** A job as the database knows it; it is the same for every process. */
export type JobRecord = {
  name: string;
  schedule: string;
  enabled: boolean;
  /** The last due time that some process took. */
  slot: Date;
  failures: number;
  retryAt: Date | null;
  running: boolean;
  /** Its last run ended without a word. */
  lost: boolean;
  lastStartedAt: Date | null;
  lastFinishedAt: Date | null;
  lastStatus: JobStatus | null;
};

export type Figures = Record<string, number>;
/** What a run did, summed up over all tenants, and for each tenant it did something for or could do nothing for. */
export type RunStats = { totals?: Figures; tenants?: Record<string, { figures?: Figures; error?: string }> };

export type JobRunRecord = {
  id: string;
  job: string;
  /** The tenant it was asked for; null for a run for all. */
  tenantId: string | null;
  /** The due time it ran for; null for a run that somebody asked for. */
  slot: Date | null;
  startedAt: Date;
  finishedAt: Date | null;
  status: JobStatus;
  stats: RunStats;
  error: string | null;
};

export type Claim = Readonly<{ job: string; slot: Date | null; tenantId: string | null; leaseMs: number }>;
export type Outcome = Readonly<{ status: JobStatus; stats: RunStats; error: string | null; retryAt: Date | null }>;

/** Jobs and their runs. They are the installation's: a run works for every tenant, and which process makes it is decided here. */
export class JobRecords {
  readonly #db: Database;
  readonly #clock: () => Date;

  constructor(db: Database, clock: () => Date) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Across tenants, because a job has one schedule. */
  async register(jobs: readonly { name: string; schedule: string }[]): Promise<void> {
    await this.#db.query(registerJobs, [jobs.map(({ name }) => name), jobs.map(({ schedule }) => schedule), this.#clock()]);
  }

  list(): Promise<JobRecord[]> {
    return this.#db.query<JobRecord>(listJobs, []);
  }

  /** The newest runs of each job; with a tenant, those for it and those for all. */
  runs(jobs: readonly string[], limit: number, tenantId: string | null): Promise<JobRunRecord[]> {
    return this.#db.query<JobRunRecord>(listRuns, [jobs, limit, tenantId]);
  }

  async run(id: string): Promise<JobRunRecord | undefined> {
    return (await this.#db.query<JobRunRecord>(findRun, [id]))[0];
  }

  /** Begins a run, if the job is to be had: nobody runs it, and nobody ran it for this due time. */
  async claim({ job, slot, tenantId, leaseMs }: Claim): Promise<{ runId: string; failures: number } | null> {
    const runId = newId();
    const [taken] = await this.#db.query<{ failures: number }>(claimJob, [job, slot, this.#clock(), leaseMs, runId, tenantId]);
    return taken ? { runId, failures: taken.failures } : null;
  }

  /** Says that a run goes on; false when another process has taken the job meanwhile. */
  async keep(job: string, runId: string, leaseMs: number): Promise<boolean> {
    return (await this.#db.query(keepJob, [job, runId, leaseMs])).length > 0;
  }

  async finish(job: string, runId: string, { status, stats, error, retryAt }: Outcome): Promise<void> {
    await this.#db.query(finishJob, [job, runId, this.#clock(), status, JSON.stringify(stats), error, retryAt]);
  }

  /** Switches a job on or off for every process; false when there is no such job. */
  async switch(job: string, enabled: boolean): Promise<boolean> {
    return (await this.#db.query(switchJob, [job, enabled, this.#clock()])).length > 0;
  }

  /** Removes runs beyond the newest of each job, and those that began before `oldest`; answers how many went, `limit` at most. */
  async trim(keep: number, oldest: Date | null, limit: number): Promise<number> {
    return (await this.#db.query<{ removed: number }>(trimRuns, [keep, limit, oldest]))[0]?.removed ?? 0;
  }

  /** For whom a job works. */
  async tenants(): Promise<string[]> {
    return (await this.#db.query<{ id: string }>(listTenantIds, [])).map(({ id }) => id);
  }
}
