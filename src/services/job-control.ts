import type { JobStatus } from '../models/job.js';
import type { JobRunRecord } from '../repository/system/jobs.js';

/** One job: what it is for, when it is due, and how it went lately. */
export type JobOverview = Readonly<{
  name: string;
  summary: string;
  /** A cron expression; null where the configuration leaves it out. */
  schedule: string | null;
  timeZone: string;
  /** Switched on in the database, for every process. */
  enabled: boolean;
  /** With this configuration there is something to do for it. */
  applies: boolean;
  running: boolean;
  nextAt: Date | null;
  lastStartedAt: Date | null;
  lastFinishedAt: Date | null;
  lastStatus: JobStatus | null;
  /** The newest runs, newest first. */
  runs: readonly JobRunRecord[];
}>;

/** Looks at jobs and runs one now. Scheduling is the server's own business. */
export interface JobControl {
  /** With a tenant, only runs for it and for all tenants. */
  list(options: { runs: number; tenantId: string | null }): Promise<JobOverview[]>;
  /** Begins a run now: for one tenant where the job works tenant by tenant, else for all. Refused while another run is under way. */
  start(name: string, tenantId: string | null): Promise<StartedRun>;
  /** A run as it stands. */
  find(runId: string): Promise<JobRunRecord>;
}

export type StartedRun = Readonly<{
  id: string;
  /** The run as it stands when it is over; rejects only when that could not be written down. */
  finished: Promise<JobRunRecord>;
  stop(): void;
}>;
