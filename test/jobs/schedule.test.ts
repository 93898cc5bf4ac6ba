import * as cron from 'node-cron';
import { expect, it } from 'vitest';
import { JOB_FIELDS } from '../../src/config/job-fields.js';
import { loadConfig } from '../../src/config.js';
import { jobs } from '../../src/jobs/index.js';
import { Schedule } from '../../src/jobs/schedule.js';
import { createLog } from '../../src/log.js';

const schedule = (expression: string, timeZone = 'UTC', tick: () => Promise<void> = async () => {}) =>
  new Schedule(cron, { name: 'test', expression, timeZone, jitterMs: 0, log: createLog('silent'), tick });
const latest = (expression: string, after: string, upTo: string, timeZone?: string) =>
  schedule(expression, timeZone).latest(new Date(after), new Date(upTo))?.toISOString() ?? null;

it('knows the last due time before a moment', () => {
  expect(latest('*/5 * * * *', '2026-03-01T10:00Z', '2026-03-01T10:04:59.999Z')).toBeNull();
  expect(latest('*/5 * * * *', '2026-03-01T10:00Z', '2026-03-01T10:05:00.000Z')).toBe('2026-03-01T10:05:00.000Z');
  expect(latest('*/5 * * * *', '2026-03-01T08:00Z', '2026-03-01T10:09:30Z')).toBe('2026-03-01T10:05:00.000Z');
  expect(latest('30 3 * * 1', '2026-02-01', '2026-03-01T10:00Z')).toBe('2026-02-23T03:30:00.000Z');
  expect(latest('0 0 29 2 *', '2025-01-01', '2026-03-01')).toBeNull();
  expect(latest('*/20 * * * * *', '2026-03-01T10:00:00Z', '2026-03-01T10:00:59Z')).toBe('2026-03-01T10:00:40.000Z');
  expect(latest('0 0 1 1 *', '1990-01-01', '2026-03-01')).toBe('2026-01-01T00:00:00.000Z');
});

it('means the time zone it is given, its summer and half hours too', () => {
  expect(latest('15 3 * * *', '2026-01-01', '2026-01-10T12:00Z', 'Europe/Berlin')).toBe('2026-01-10T02:15:00.000Z');
  expect(latest('15 3 * * *', '2026-01-01', '2026-07-10T12:00Z', 'Europe/Berlin')).toBe('2026-07-10T01:15:00.000Z');
  expect(latest('0 6 * * *', '2026-01-01', '2026-07-10T12:00Z', 'Asia/Kathmandu')).toBe('2026-07-10T00:15:00.000Z');
});

it('ticks when it is due, and not while a tick is under way', async () => {
  let ticks = 0;
  let release = () => {};
  const often = schedule('* * * * * *', 'UTC', () => {
    ticks += 1;
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  often.start();
  await expect.poll(() => ticks, { timeout: 5_000 }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  expect(ticks).toBe(1);
  release();
  await expect.poll(() => ticks, { timeout: 5_000 }).toBe(2);
  often.stop();
  release();
});

it('takes schedules from the settings, and refuses what is none', () => {
  const read = (env: Record<string, string>) => loadConfig({}, env);
  expect(read({ RECOLLECT_JOB_HOUSEKEEPING: ' OFF ' }).jobHousekeeping).toBe('off');
  expect(read({ RECOLLECT_JOB_HOUSEKEEPING: '30 3 * * 1-5', RECOLLECT_JOBS_TIME_ZONE: 'europe/berlin' })).toMatchObject({
    jobHousekeeping: '30 3 * * 1-5',
    jobsTimeZone: 'Europe/Berlin',
  });
  for (const wrong of ['hourly', '* * *', '61 * * * *', '0 0 31 2 *', '* * * * * * *'])
    expect(() => read({ RECOLLECT_JOB_HOUSEKEEPING: wrong })).toThrow(
      /RECOLLECT_JOB_HOUSEKEEPING is .* allowed: off, or a cron expression/,
    );
  expect(() => read({ RECOLLECT_JOBS_TIME_ZONE: 'Mars/Olympus' })).toThrow(
    /RECOLLECT_JOBS_TIME_ZONE is "Mars\/Olympus"; allowed: a time zone/,
  );
});

it('has a schedule setting for each job, and a job for each schedule setting', () => {
  const settings = Object.keys(JOB_FIELDS).filter((name) => name !== 'jobs' && name !== 'jobsTimeZone');
  expect(jobs.map(({ setting }) => setting as string).sort()).toEqual(settings.sort());
  expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length);
  const config = loadConfig({}, {});
  for (const { setting } of jobs) expect(cron.validate(config[setting]), setting).toBe(true);
});
