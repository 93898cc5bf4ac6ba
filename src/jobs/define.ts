import type { JobSetting } from '../config/job-fields.js';
import type { Config } from '../config.js';
import type { Database } from '../db/database.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { Models } from '../models/index.js';
import type { Store } from '../repository/store.js';
import type { Figures } from '../repository/system/jobs.js';
import type { Embeddings } from '../services/embeddings/embeddings.js';
import type { RetentionHost } from '../services/retention.js';

/** What jobs need of the process they run in; the composition root is one. */
export type JobHost = Readonly<{
  config: Config;
  log: Log;
  clock: () => Date;
  database(): Promise<Readonly<{ db: Database; models: Models }>>;
  /** Repositories of a tenant, for work that nobody asked for. */
  systemStore(tenantId: string): Promise<Store>;
  embeddings: Embeddings;
  retention: RetentionHost;
  /** Where somebody looks at figures of this process. */
  metrics?: Metrics | undefined;
}>;

export type JobContext = Readonly<{
  host: JobHost;
  db: Database;
  models: Models;
  log: Log;
  /** Aborted when the process ends or another one has taken the job: stop within a second, what is done stays done. */
  signal: AbortSignal;
}>;

type Described = Readonly<{
  name: string;
  /** One line, for lists of jobs. */
  summary: string;
  /** When it is due. */
  setting: JobSetting;
  /** Whether there is anything to do with these settings; left out: always. */
  applies?(config: Config): boolean;
}>;

/** Works for everybody at once, and answers what it did in figures. */
export type SharedJob = Described & Readonly<{ run(context: JobContext): Promise<Figures> }>;
/** Works for one tenant after the other; what goes wrong for one does not keep it from the others. */
export type TenantJob = Described & Readonly<{ runFor(tenantId: string, context: JobContext): Promise<Figures> }>;
export type Job = SharedJob | TenantJob;

/** Does nothing at run time; ties the function to what is said about it. Every job may be cut off anywhere and run again. */
export const defineJob = <J extends Job>(job: J): J => job;
