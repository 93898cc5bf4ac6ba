import { expect, it } from 'vitest';
import { JobRecords } from '../../src/repository/system/jobs.js';
import { startServer } from '../acceptance/servers.js';
import { describeEngines } from '../support/engines.js';

/** A server has so long to leave when its client has. */
const LEAVE_MS = 5_000;

describeEngines('servers in processes of their own', (engine) => {
  const settings = (): Record<string, string> => {
    const { url, dataDir } = engine.config;
    return url === null ? { RECOLLECT_DATA_DIR: dataDir } : { RECOLLECT_DATABASE_URL: url };
  };
  const runs = async () => (await new JobRecords(engine.db, () => new Date()).runs(['housekeeping'], 1000, null)).toReversed();

  it('run a job that is due every second once a second, whichever comes first, and go on when one is killed', async () => {
    const env = { ...settings(), RECOLLECT_JOB_HOUSEKEEPING: '* * * * * *' };
    const [one, other] = await Promise.all([startServer(env), startServer(env)]);
    try {
      await Promise.all([one, other].map((server) => server.call('list_conversations')));
      await expect.poll(async () => (await runs()).length, { timeout: 30_000, interval: 200 }).toBeGreaterThan(4);
      await one.kill();
      const before = (await runs()).length;
      // If it was killed while it ran the job, that is noticed when it has said nothing for half a minute.
      await expect.poll(async () => (await runs()).length, { timeout: 60_000, interval: 200 }).toBeGreaterThan(before + 3);
    } finally {
      const started = performance.now();
      await other[Symbol.asyncDispose]();
      expect(performance.now() - started).toBeLessThan(LEAVE_MS);
    }
    const made = (await runs()).filter(({ status }) => status !== 'running' && status !== 'stopped');
    const slots = made.filter(({ status }) => status === 'succeeded').map(({ slot }) => slot!.getTime());
    expect(slots.length).toBeGreaterThan(6);
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots.every((slot) => slot % 1000 === 0)).toBe(true);
    const lost = made.filter(({ status }) => status === 'failed');
    expect(lost.length).toBeLessThanOrEqual(1);
    for (const { error } of lost) expect(error).toMatch(/is gone/);
  }, 120_000);

  it('run none where they are told not to, or may only read', async () => {
    const before = (await runs()).length;
    const told = [{ RECOLLECT_JOBS: 'off' }, { RECOLLECT_READ_ONLY: 'true' }];
    const servers = await Promise.all(
      told.map((more) => startServer({ ...settings(), RECOLLECT_JOB_HOUSEKEEPING: '* * * * * *', ...more })),
    );
    await Promise.all(servers.map((server) => server.call('list_conversations')));
    // Two due times pass.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    expect((await runs()).length).toBe(before);
  }, 60_000);
});
