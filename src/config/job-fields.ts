import { field } from './field.js';
import { schedule, timeZone, yesNo } from './kinds.js';

/** When a job is due, as long as nobody says otherwise. */
const due = (fallback: string, description: string) => field({ description, form: 'cron', reader: schedule(), fallback });

/** Settings of what the server does by itself. */
export const JOB_FIELDS = {
  jobs: field({
    description: 'Run jobs in this server when they are due. Of all the servers on one database, one runs each.',
    form: null,
    reader: yesNo(),
    fallback: true,
  }),
  jobsTimeZone: field({
    description: 'Time zone in which the schedules of jobs are meant.',
    form: 'zone',
    reader: timeZone(),
    fallback: 'UTC',
  }),
  // Not in the same minute as the one that is due every five: each would find the other at work.
  jobRetention: due('3 * * * *', 'When to carry out retention policies, or `off`.'),
  jobInactivity: due('*/5 * * * *', 'When to end conversations without activity, or `off`.'),
  jobEmbeddings: due('*/15 * * * *', 'When to embed what has no vector yet in tenants that nobody works with, or `off`.'),
  jobExpiredCredentials: due('40 * * * *', 'When to remove keys, sign-ins, reset tokens and lockouts that ended long ago, or `off`.'),
  jobWordStatistics: due('20 3 * * *', 'When to check the statistics of words, or `off`.'),
  jobDatabaseCare: due('35 * * * *', 'When to look after tables of a PostgreSQL server that its autovacuum has left, or `off`.'),
  jobHousekeeping: due('50 * * * *', 'When to remove old runs of jobs and clients that never came back, or `off`.'),
};

/** The settings that are schedules, one for each job. */
export type JobSetting = Exclude<keyof typeof JOB_FIELDS, 'jobs' | 'jobsTimeZone'>;
