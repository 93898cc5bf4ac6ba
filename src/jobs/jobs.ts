import { closest } from '../closest.js';
import { AppError, notFound } from '../errors.js';
import type { JobRunRecord } from '../repository/system/jobs.js';
import type { JobControl, JobOverview, StartedRun } from '../services/job-control.js';
import type { Job, JobHost } from './define.js';
import type { JobLoop } from './loop.js';

type Loaded = { loop: JobLoop; jobs: readonly Job[] };

/** The jobs of this process: it can be asked about them, and, where it serves, runs what is due. Nothing is loaded before that. */
export class Jobs implements JobControl {
  readonly #host: JobHost;
  #loaded: Promise<Loaded> | undefined;
  #serving = false;
  #opened = false;
  #closed = false;

  constructor(host: JobHost) {
    this.#host = host;
  }

  /** This process runs due jobs, from the first use of its database on; not where nothing is to be written. */
  serve(): void {
    const { jobs, readOnly } = this.#host.config;
    if (!jobs || readOnly) return;
    this.#serving = true;
    this.#begin();
  }

  /** To be called when the database can be used. */
  opened(): void {
    this.#opened = true;
    this.#begin();
  }

  async list({ runs, tenantId }: { runs: number; tenantId: string | null }): Promise<JobOverview[]> {
    const { config } = this.#host;
    const [{ jobs }, records, { Schedule }, cron, { OFF }] = await Promise.all([
      this.#load(),
      this.#records(),
      import('./schedule.js'),
      import('node-cron'),
      import('./loop.js'),
    ]);
    const [known, latest] = await Promise.all([
      records.list(),
      records.runs(
        jobs.map(({ name }) => name),
        runs,
        tenantId,
      ),
    ]);
    return jobs.map((job) => {
      const record = known.find(({ name }) => name === job.name);
      const expression = config[job.setting];
      const applies = job.applies?.(config) ?? true;
      const options = { name: job.name, expression, timeZone: config.jobsTimeZone, jitterMs: 0, log: this.#host.log, tick: async () => {} };
      const due = expression !== OFF && applies && record?.enabled !== false;
      return {
        name: job.name,
        summary: job.summary,
        schedule: expression === OFF ? null : expression,
        timeZone: config.jobsTimeZone,
        enabled: record?.enabled ?? true,
        applies,
        running: record?.running ?? false,
        nextAt: due ? new Schedule(cron, options).next() : null,
        lastStartedAt: record?.lastStartedAt ?? null,
        lastFinishedAt: record?.lastFinishedAt ?? null,
        lastStatus: record?.lastStatus ?? null,
        runs: latest.filter((run) => run.job === job.name),
      };
    });
  }

  async start(name: string, tenantId: string | null): Promise<StartedRun> {
    const { loop, jobs } = await this.#load();
    const job = this.#find(jobs, name);
    if (job.applies?.(this.#host.config) === false)
      throw new AppError('conflict', `With this configuration there is nothing to do for ${name}.`, { hint: 'Look at list_jobs.' });
    const run = await loop.begin(job, null, 'run' in job ? null : tenantId);
    if (run) return run;
    throw new AppError('conflict', `The job ${name} is running already.`, { hint: 'Wait for it; its runs are in list_jobs.' });
  }

  /** Switches a job on or off for every process that works on this database. */
  async switch(name: string, enabled: boolean): Promise<void> {
    const { jobs } = await this.#load();
    await (await this.#records()).switch(this.#find(jobs, name).name, enabled);
  }

  async find(runId: string): Promise<JobRunRecord> {
    const run = await (await this.#records()).run(runId);
    if (!run) throw notFound('run of a job', runId, 'Its runs are in list_jobs.');
    return run;
  }

  /** Stops what runs. To be called before the database is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    const loaded = await this.#loaded?.catch(() => undefined);
    await loaded?.loop.close();
  }

  #begin(): void {
    if (!this.#serving || !this.#opened || this.#closed) return;
    this.#serving = false;
    this.#load().then(
      ({ loop }) => loop.start(),
      (error: unknown) => this.#host.log.warn({ err: error }, 'no jobs run in this process'),
    );
  }

  #load(): Promise<Loaded> {
    this.#loaded ??= this.#prepare();
    this.#loaded.catch(() => {
      this.#loaded = undefined;
    });
    return this.#loaded;
  }

  async #prepare(): Promise<Loaded> {
    const [{ jobs }, { JobLoop }, records] = await Promise.all([import('./index.js'), import('./loop.js'), this.#records()]);
    const loop = new JobLoop(this.#host, records, jobs);
    await loop.prepare();
    return { loop, jobs };
  }

  async #records() {
    const [{ db }, { JobRecords }] = await Promise.all([this.#host.database(), import('../repository/system/jobs.js')]);
    return new JobRecords(db, this.#host.clock);
  }

  #find(jobs: readonly Job[], name: string): Job {
    const job = jobs.find((each) => each.name === name);
    if (job) return job;
    const names = jobs.map((each) => each.name);
    const meant = closest(name, names);
    throw notFound('job', name.slice(0, 100), meant ? `Did you mean ${meant}?` : `There are: ${names.join(', ')}.`);
  }
}
