import { JobRecords } from '../repository/system/jobs.js';
import { defineJob } from './define.js';

/** Runs kept of each job, however old: a job that is due every five minutes leaves its last three days. */
const RUNS = 1_000;
const AT_ONCE = 500;

export default defineJob({
  name: 'housekeeping',
  summary: 'removes what has expired and the oldest runs of jobs',
  setting: 'jobHousekeeping',

  async run({ db, host, signal }) {
    const records = new JobRecords(db, host.clock);
    const figures = { job_runs: 0 };
    for (let removed = AT_ONCE; removed === AT_ONCE && !signal.aborted; figures.job_runs += removed)
      removed = await records.trim(RUNS, AT_ONCE);
    return figures;
  },
});
