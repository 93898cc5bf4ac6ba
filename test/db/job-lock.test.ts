import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { withJobLock } from '../../src/db/job-lock.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { describeEngines } from '../support/engines.js';
import { LockHolder } from './support/lock-holder.js';

const never = new AbortController().signal;
const newName = () => `test-${randomUUID()}`;

describeEngines('a job lock', (engine) => {
  it('is had by one at a time, and by the next one after it', async () => {
    const name = newName();
    const outer = await withJobLock(engine.db, name, never, async () => {
      expect(await withJobLock(engine.db, name, never, async () => 'twice')).toBeNull();
      expect(await withJobLock(engine.db, `${name}-other`, never, async () => 'another')).toEqual({ result: 'another' });
      return 'first';
    });
    expect(outer).toEqual({ result: 'first' });
    expect(await withJobLock(engine.db, name, never, async () => 'second')).toEqual({ result: 'second' });
  });

  it('is given back when the work fails, and the failure is passed on', async () => {
    const name = newName();
    const failing = withJobLock(engine.db, name, never, async () => {
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(await withJobLock(engine.db, name, never, async () => true)).toEqual({ result: true });
  });

  it('ends with the database it was taken on', async () => {
    const name = newName();
    const other = await openDatabase(engine.config, createLog('silent'));
    const lock = await other.tryLock(name);
    expect(lock).not.toBeNull();
    expect(await engine.db.tryLock(name)).toBeNull();
    await other.close();
    expect(await withJobLock(engine.db, name, never, async () => true)).toEqual({ result: true });
  });

  it('keeps nothing from being cleared away or indexed while it is held', async ({ skip }) => {
    if (!engine.db.capabilities.concurrentTransactions) skip('a lock of a shared folder is no transaction');
    const name = newName();
    const statement = {
      name: 'oldest_snapshot_of_holder',
      text: `select state, backend_xmin from pg_stat_activity where application_name = $1`,
    };
    await withJobLock(engine.db, name, never, async () => {
      const holder = await engine.db.query(statement, [`recollect: ${name}`]);
      expect(holder).toEqual([{ state: 'idle in transaction', backend_xmin: null }]);
    });
  });

  it('passes the wish to stop on', async () => {
    const stop = new AbortController();
    const seen = await withJobLock(engine.db, newName(), stop.signal, async (signal) => {
      stop.abort();
      return signal.aborted;
    });
    expect(seen).toEqual({ result: true });
  });

  it('dies with the process that holds it', async () => {
    const name = newName();
    const holder = await LockHolder.start(engine.config, name);
    expect(await engine.db.tryLock(name)).toBeNull();
    await holder.kill();
    await expect.poll(() => withJobLock(engine.db, name, never, async () => true), { timeout: 5_000 }).toEqual({ result: true });
  });

  it('tells its holder when the connection that carries it is broken', async ({ skip }) => {
    skip(!engine.db.capabilities.concurrentTransactions, 'the kernel holds it, no connection');
    const name = newName();
    const lost = await withJobLock(engine.db, name, never, async (signal) => {
      const broken = new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.aborted), { once: true }));
      await engine.db.sequelize.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'recollect: ${name}'`,
      );
      return broken;
    });
    expect(lost).toEqual({ result: true });
    expect(await withJobLock(engine.db, name, never, async () => true)).toEqual({ result: true });
  });
});
