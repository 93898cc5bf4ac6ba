import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open.js';
import { defineJob, type Job, type JobContext } from '../../src/jobs/define.js';
import { createLog } from '../../src/log.js';
import type { Figures, JobRunRecord } from '../../src/repository/system/jobs.js';
import { describeEngines } from '../support/engines.js';
import { type Clock, type Server, serverOn } from './host.js';

const MINUTE = 60_000;
const at = (time: string): Date => new Date(`2026-03-01T${time}Z`);
const EVERY_FIVE_MINUTES = { RECOLLECT_JOB_HOUSEKEEPING: '*/5 * * * *' };

describeEngines('the job loop', (engine) => {
  const open: Server[] = [];
  afterEach(async () => {
    for (const { loop } of open.splice(0)) await loop.close();
  });

  /** A job of this test alone: what is in the database outlives it. */
  const newJob = (work: (context: JobContext) => Promise<Figures> = async () => ({}), setting: Job['setting'] = 'jobHousekeeping') =>
    defineJob({ name: `test_${randomUUID()}`, summary: 'does what a test wants', setting, run: work });
  const server = async (clock: Clock, jobs: readonly Job[], env: Record<string, string> = EVERY_FIVE_MINUTES, db = engine.db) => {
    const made = await serverOn(db, clock, jobs, env);
    open.push(made);
    return made;
  };
  const runsOf = async ({ records }: Server, job: Job): Promise<JobRunRecord[]> => (await records.runs([job.name], 1000, null)).reverse();
  const record = async ({ records }: Server, job: Job) => (await records.list()).find(({ name }) => name === job.name)!;

  it('runs each due job once for each due time, however many servers there are', async () => {
    const second = await openDatabase(engine.config, createLog('error'));
    try {
      const ran: string[] = [];
      const jobs = [
        newJob(async () => ({ done: ran.push('a') })),
        newJob(async () => ({ done: ran.push('b') }), 'jobEmbeddings'),
        newJob(undefined, 'jobWordStatistics'),
      ];
      const [one, other] = [{ now: at('10:00:30') }, { now: at('10:00:30') }];
      const servers = [await server(one, jobs), await server(other, jobs, EVERY_FIVE_MINUTES, second)];
      for (let minute = 0; minute < 60; minute += 1) {
        for (const [place, clock] of [one, other].entries()) clock.now = new Date(at('10:01').getTime() + minute * MINUTE + place * 700);
        await Promise.all(servers.map((each) => each.look()));
      }
      const [often, quarterly, nightly] = await Promise.all(jobs.map((job) => runsOf(servers[0]!, job)));
      expect(often!.map(({ slot }) => slot?.toISOString().slice(11, 16))).toEqual([
        ...['10:05', '10:10', '10:15', '10:20', '10:25', '10:30', '10:35', '10:40', '10:45', '10:50', '10:55', '11:00'],
      ]);
      expect(quarterly!.map(({ slot }) => slot?.toISOString().slice(11, 16))).toEqual(['10:15', '10:30', '10:45', '11:00']);
      expect(nightly).toEqual([]);
      expect(ran.sort().join('')).toBe(`${'a'.repeat(12)}${'b'.repeat(4)}`);
      expect([...often!, ...quarterly!].every(({ status, error }) => status === 'succeeded' && error === null)).toBe(true);
    } finally {
      for (const { loop } of open.splice(0)) await loop.close();
      await second.close();
    }
  });

  it('makes up once for what was missed, and for nothing that was due before it was known', async () => {
    const job = newJob();
    const clock = { now: at('10:07') };
    const first = await server(clock, [job]);
    await first.look();
    expect(await runsOf(first, job)).toEqual([]);
    await first.loop.close();

    clock.now = at('16:42');
    const next = await server(clock, [job]);
    await next.look();
    await next.look();
    expect((await runsOf(next, job)).map(({ slot, startedAt }) => [slot, startedAt])).toEqual([[at('16:40'), at('16:42')]]);
  });

  it('tries a run that failed again, later and later, until its time is over', async () => {
    let fails = true;
    const job = newJob(async () => {
      if (fails) throw new Error('the password is hunter2');
      return { done: 7 };
    });
    const clock = { now: at('10:00') };
    const env = { RECOLLECT_JOB_HOUSEKEEPING: '0 11 * * *' };
    const only = await server(clock, [job], env);
    const lookedAt: string[] = [];
    for (let minute = 0; minute < 240; minute += 1) {
      clock.now = new Date(at('11:00').getTime() + minute * MINUTE);
      const before = (await runsOf(only, job)).length;
      await only.look();
      if ((await runsOf(only, job)).length > before) lookedAt.push(clock.now.toISOString().slice(11, 16));
    }
    expect(lookedAt).toEqual(['11:00', '11:01', '11:02', '11:04', '11:08']);
    const runs = await runsOf(only, job);
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['failed']));
    expect(runs[0]!.error).toMatch(/went wrong/);
    expect(JSON.stringify(runs)).not.toContain('hunter2');
    expect(await record(only, job)).toMatchObject({ failures: 5, lastStatus: 'failed', running: false });

    fails = false;
    clock.now = new Date(at('11:00').getTime() + 24 * 60 * MINUTE);
    await only.look();
    expect((await runsOf(only, job)).at(-1)).toMatchObject({ status: 'succeeded', stats: { totals: { done: 7 } }, error: null });
    expect(await record(only, job)).toMatchObject({ failures: 0, retryAt: null, lastStatus: 'succeeded' });
  });

  it('never runs a job while another server runs it, and takes it over when that one is gone', async () => {
    let running = 0;
    let most = 0;
    let release = () => {};
    const job = newJob(async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running -= 1;
      return {};
    });
    const clock = { now: at('10:05') };
    const [one, other] = [await server({ now: at('10:00') }, [job]), await server(clock, [job])];
    const runId = (await one.records.claim({ job: job.name, slot: at('10:05'), tenantId: null, leaseMs: 60_000 }))!.runId;
    clock.now = at('10:11');
    await other.look();
    expect(await runsOf(other, job)).toMatchObject([{ id: runId, status: 'running' }]);

    // Its process is gone when nobody has said for so long that it lives.
    expect(await one.records.keep(job.name, runId, -1)).toBe(true);
    const looked = other.look();
    await expect.poll(() => running).toBe(1);
    expect(await one.records.keep(job.name, runId, 60_000)).toBe(false);
    release();
    await looked;
    expect(await runsOf(other, job)).toMatchObject([
      { id: runId, slot: at('10:05'), status: 'failed', error: expect.stringContaining('gone') },
      { slot: at('10:10'), status: 'succeeded' },
    ]);
    expect(most).toBe(1);
    // What the lost one says in the end changes nothing.
    await one.records.finish(job.name, runId, { status: 'succeeded', stats: {}, error: null, retryAt: null });
    expect(await runsOf(other, job)).toMatchObject([{ status: 'failed' }, { status: 'succeeded' }]);
  });

  it('stops at once when its server does, and is made up for by another', async () => {
    const job = newJob(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    );
    const clock = { now: at('10:00') };
    const one = await server(clock, [job]);
    clock.now = at('10:05');
    const looked = one.look();
    await expect.poll(async () => (await record(one, job)).running).toBe(true);
    const started = performance.now();
    await one.loop.close();
    expect(performance.now() - started).toBeLessThan(1_000);
    await looked;
    expect(await runsOf(one, job)).toMatchObject([{ status: 'stopped', error: null }]);

    const other = await server(clock, [{ ...job, run: async () => ({ done: 1 }) } as Job]);
    await other.look();
    expect(await runsOf(other, job)).toMatchObject([{ status: 'stopped' }, { slot: at('10:05'), status: 'succeeded' }]);
  });

  it('goes on when a job never ends, and when one breaks', async () => {
    const [stuck, broken, well] = [newJob(() => new Promise(() => {})), newJob(() => Promise.reject(new TypeError('x'))), newJob()];
    const clock = { now: at('10:00') };
    const only = await server(clock, [broken, well, stuck]);
    clock.now = at('10:05');
    void only.look();
    await expect.poll(async () => (await record(only, stuck)).running).toBe(true);
    clock.now = at('10:10');
    await only.loop.look(well.name);
    expect(await runsOf(only, broken)).toMatchObject([{ status: 'failed' }]);
    expect(await runsOf(only, well)).toMatchObject([{ slot: at('10:05') }, { slot: at('10:10') }]);
    const started = performance.now();
    await only.loop.close();
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('leaves alone what is switched off, and what a clock that was wrong has taken is had again', async () => {
    const [off, wrong] = [newJob(), newJob()];
    const clock = { now: at('10:00') };
    const only = await server(clock, [off, wrong]);
    expect(await only.records.switch(off.name, false)).toBe(true);
    expect(await only.records.switch('no such job', false)).toBe(false);
    const future = (await only.records.claim({ job: wrong.name, slot: new Date('2031-01-01T00:00Z'), tenantId: null, leaseMs: 60_000 }))!;
    await only.records.finish(wrong.name, future.runId, { status: 'succeeded', stats: {}, error: null, retryAt: null });
    clock.now = at('10:05');
    await only.look();
    expect(await runsOf(only, off)).toEqual([]);
    expect(await runsOf(only, wrong)).toMatchObject([{ slot: new Date('2031-01-01T00:00Z') }, { slot: at('10:05') }]);
    await only.records.switch(off.name, true);
    await only.look();
    expect(await runsOf(only, off)).toMatchObject([{ slot: at('10:05') }]);
  });

  it('works for every tenant, whatever goes wrong for one', async () => {
    const [good, bad] = [await engine.freshTenant(), await engine.freshTenant()];
    const job = defineJob({
      name: `test_${randomUUID()}`,
      summary: 'works for tenants',
      setting: 'jobHousekeeping',
      async runFor(tenantId: string): Promise<Figures> {
        if (tenantId === bad) throw new Error('no');
        return { removed: tenantId === good ? 3 : 0 };
      },
    });
    const clock = { now: at('10:00') };
    const only = await server(clock, [job]);
    clock.now = at('10:05');
    await only.look();
    const [run] = await runsOf(only, job);
    expect(run).toMatchObject({ status: 'failed', error: `It failed for tenant ${bad}.`, stats: { totals: { removed: 3 } } });
    expect(run!.stats.tenants).toEqual({ [good]: { figures: { removed: 3 } }, [bad]: { error: expect.stringMatching(/went wrong/) } });
    const asked = await only.loop.begin(job, null, good);
    expect(await asked!.finished).toMatchObject({ tenantId: good, slot: null, status: 'succeeded', stats: { totals: { removed: 3 } } });
  });

  it('keeps the newest runs of each job', async () => {
    const job = newJob();
    const clock = { now: at('10:00') };
    const only = await server(clock, [job]);
    for (let minute = 5; minute <= 30; minute += 5) {
      clock.now = new Date(at('10:00').getTime() + minute * MINUTE);
      await only.look();
    }
    while ((await only.records.trim(2, null, 3)) > 0);
    expect((await runsOf(only, job)).map(({ slot }) => slot)).toEqual([at('10:25'), at('10:30')]);
    await only.records.trim(2, at('10:26'), 500);
    expect((await runsOf(only, job)).map(({ slot }) => slot)).toEqual([at('10:30')]);
  });
});
