import { JobRecords } from '../repository/system/jobs.js';
import { OauthClientDirectory } from '../repository/system/oauth-client-directory.js';
import { IDLE_CLIENT_DAYS, UNUSED_CLIENT_DAYS } from '../services/oauth/lifetimes.js';
import { daysBefore } from '../timestamp.js';
import { defineJob } from './define.js';
import { untilNone } from './until-none.js';

/** Runs kept of each job at most: one that is due every five minutes leaves those of the last three days. */
const RUNS = 1_000;

export default defineJob({
  name: 'housekeeping',
  summary: 'removes old runs of jobs, and clients that registered and never came back',
  setting: 'jobHousekeeping',

  async run({ db, host, signal }) {
    const now = host.clock();
    const { jobRunRetentionDays: days } = host.config;
    const oldest = days === null ? null : daysBefore(now, days);
    const records = new JobRecords(db, host.clock);
    const clients = new OauthClientDirectory(db);
    const unused = { unusedBefore: daysBefore(now, UNUSED_CLIENT_DAYS), idleBefore: daysBefore(now, IDLE_CLIENT_DAYS) };
    return {
      job_runs: await untilNone(signal, (limit) => records.trim(RUNS, oldest, limit)),
      oauth_clients: await untilNone(signal, (limit) => clients.prune(unused, limit)),
    };
  },
});
