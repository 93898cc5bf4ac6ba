import { expect, it } from 'vitest';
import { createLog } from '../../src/log.js';
import type { LockoutRule } from '../../src/repository/accounts/login-attempts.js';
import type { Store } from '../../src/repository/store.js';
import { Passwords } from '../../src/services/accounts/passwords.js';
import { SignIn, type SignInResult } from '../../src/services/accounts/sign-in.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const START = Date.parse('2026-03-01T12:00:00.000Z');
const RULE: LockoutRule = { attempts: 5, firstSeconds: 60, maxSeconds: 3600 };
const RIGHT = 'Violet7.Harbour';
const CHEAP = 4;
const HOUR = 3_600_000;

describeEngines('signing in', (engine) => {
  /** A tenant with an account, and any number of processes that share nothing but the database and the time. */
  const world = async ({ rule = RULE, cost = CHEAP } = {}) => {
    const time = { now: START };
    const clock = () => new Date(time.now);
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId, role: 'system', clock });
    const passwordHash = await new Passwords(CHEAP).hash(RIGHT);
    const account = await store.accounts.create({ username: 'Margarete', email: 'grete@example.org', passwordHash });
    const process = (passwords = new Passwords(cost)) => {
      const storeOf = async (id: string) => (id === tenantId ? store : null);
      const service = new SignIn({ storeOf, home: tenantId, passwords, lockout: rule, clock, log: createLog('silent') });
      return (identifier: string, password: string, to = tenantId) =>
        service.attempt({ tenantId: to, identifier, password, client: { address: '192.0.2.1' } });
    };
    const attempts = async () => (await store.loginAttempts.list({}, { limit: 100 })).items.toReversed();
    return { time, tenantId, store, account, process, signIn: process(), attempts };
  };
  const failTimes = async (times: number, attempt: () => Promise<SignInResult>) => {
    for (let left = times; left > 0; left -= 1) await attempt();
  };
  /** What an answer tells, with the time until which it refuses as a distance. */
  const told = (result: SignInResult, now: number) =>
    result.ok ? 'in' : { ...result, retryAt: result.retryAt && result.retryAt.getTime() - now };

  it('works by name and by address, in capitals or not, and is noted', async () => {
    const { signIn, time, store, account, attempts } = await world();
    for (const identifier of ['Margarete', 'MARGARETE', ' margarete ', 'Grete@Example.ORG']) {
      time.now += 1000;
      expect(await signIn(identifier, RIGHT)).toMatchObject({ ok: true, account: { id: account.id, user: 'Margarete', role: 'user' } });
    }
    const known = await store.accounts.get('margarete');
    expect(known).toMatchObject({ lastLoginAt: new Date(time.now), failedAttempts: 0, lockedUntil: null });
    expect(await attempts()).toEqual(
      ['Margarete', 'MARGARETE', 'margarete', 'Grete@Example.ORG'].map((identifier, at) =>
        expect.objectContaining({
          ...{ identifier, username: 'Margarete', succeeded: true, reason: null },
          ...{ client: { address: '192.0.2.1' }, attemptedAt: new Date(START + 1000 * (at + 1)) },
        }),
      ),
    );
  });

  it('never answers with a hash, and notes no password', async () => {
    const { signIn, tenantId } = await world();
    expect(JSON.stringify([await signIn('margarete', RIGHT), await signIn('margarete', 'Wrong.Pass7word')])).not.toMatch(/\$2|Wrong\.Pass/);
    const rows = await engine.models.UserLoginAttempt.findAll({ where: { tenantId } });
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toMatch(/Wrong\.Pass|Violet/);
  });

  it('tells nothing about who exists, locked out or not, and whatever is typed', async () => {
    const { signIn, time, tenantId, store, attempts } = await world();
    for (let round = 0; round < 8; round += 1) {
      const somebody = await signIn('margarete', 'Wrong.Pass7word');
      expect(told(await signIn('nobody', 'Wrong.Pass7word'), time.now)).toEqual(told(somebody, time.now));
      expect(told(somebody, time.now)).toMatchObject(round < 5 ? { reason: 'wrong' } : { reason: 'locked', retryAt: 60_000 });
    }
    // What one name has run into is not told of another name of the same account.
    expect(told(await signIn('grete@example.org', 'Wrong.Pass7word'), time.now)).toMatchObject({ reason: 'wrong', retryAt: null });
    const reasons = (await attempts()).map(({ identifier, reason }) => `${identifier} ${reason}`);
    expect(reasons.filter((each) => each.startsWith('nobody'))).toEqual([
      ...Array(5).fill('nobody unknown_name'),
      ...Array(3).fill('nobody locked'),
    ]);
    expect(reasons.filter((each) => each === 'margarete wrong_password')).toHaveLength(5);
    for (const typed of ['', '\0', '\uD800', 'x'.repeat(100_000), "' or 1=1 --", '%', RIGHT])
      expect(await signIn(typed, '\0\uDFFF'.repeat(1000))).toMatchObject({ ok: false, reason: 'wrong' });
    expect((await store.accounts.get('margarete')).failedAttempts).toBe(6);
    expect(await engine.models.UserLoginAttempt.count({ where: { tenantId } })).toBe(24);
  });

  it('tells nothing about which tenants there are', async () => {
    const { signIn, time, store, tenantId, attempts } = await world();
    for (const name of ['nowhere/margarete', 'nowhere/margarete@example.org'])
      await expect(store.accounts.create({ username: name, email: name, passwordHash: 'x' })).rejects.toMatchObject({
        code: 'invalid_input',
      });
    for (let round = 0; round < 8; round += 1) {
      const somebody = await signIn('margarete', 'Wrong.Pass7word');
      expect(told(await signIn('margarete', RIGHT, 'nowhere'), time.now)).toEqual(told(somebody, time.now));
    }
    expect(told(await signIn('margarete@example.org', RIGHT, 'nowhere'), time.now)).toMatchObject({ reason: 'wrong' });
    expect(await engine.models.Tenant.findByPk('nowhere')).toBeNull();
    // Counted and noted where somebody looks, and apart from the people there.
    expect((await attempts()).filter(({ identifier }) => identifier === 'nowhere/margarete')).toHaveLength(8);
    expect(await engine.models.UserLoginAttempt.count({ where: { tenantId } })).toBe(17);
  });

  it('is locked for a minute after five failures, then for twice as long with each, up to an hour', async () => {
    const { signIn, time, store } = await world();
    await failTimes(4, () => signIn('margarete', 'wrong'));
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(told(await signIn('margarete', 'wrong'), time.now)).toMatchObject({ reason: 'wrong', retryAt: minutes * 60_000 });
      expect((await store.accounts.get('margarete')).lockedUntil).toEqual(new Date(time.now + minutes * 60_000));
      time.now += minutes * 60_000 - 1;
      expect(told(await signIn('margarete', RIGHT), time.now)).toMatchObject({ reason: 'locked', retryAt: 1 });
      time.now += 1;
    }
    expect(await signIn('margarete', RIGHT)).toMatchObject({ ok: true });
    expect(await store.accounts.get('margarete')).toMatchObject({ failedAttempts: 0, lockedUntil: null });
    expect(told(await signIn('margarete', 'wrong'), time.now)).toMatchObject({ reason: 'wrong', retryAt: null });
  });

  it('forgets failures after a day without one', async () => {
    const { signIn, time } = await world();
    await failTimes(4, () => signIn('margarete', 'wrong'));
    time.now += 24 * HOUR + 1;
    expect(told(await signIn('margarete', 'wrong'), time.now)).toMatchObject({ retryAt: null });
    await failTimes(3, () => signIn('margarete', 'wrong'));
    time.now += 24 * HOUR;
    expect(told(await signIn('margarete', 'wrong'), time.now)).toMatchObject({ retryAt: 60_000 });
  });

  it('is locked in every process and after every restart', async () => {
    const { process, signIn, time } = await world();
    await failTimes(5, () => process()('margarete', 'wrong'));
    expect(told(await process()('margarete', RIGHT), time.now)).toMatchObject({ reason: 'locked', retryAt: 60_000 });
    expect(told(await signIn('margarete', RIGHT), time.now)).toMatchObject({ reason: 'locked' });
  });

  it('counts twenty attempts at once as twenty', async () => {
    const { process, store, attempts, tenantId } = await world({ rule: { ...RULE, attempts: 100 } });
    const processes = [process(), process()];
    const results = await Promise.all(Array.from({ length: 20 }, (_, at) => processes[at % 2]!('margarete', `wrong ${at}`)));
    expect(results.every((result) => !result.ok && result.reason === 'wrong')).toBe(true);
    expect((await store.accounts.get('margarete')).failedAttempts).toBe(20);
    const lockout = await engine.models.UserLoginLockout.findOne({ where: { tenantId }, rejectOnEmpty: true });
    expect(lockout).toMatchObject({ identifier: 'margarete', failedAttempts: 20 });
    expect(await attempts()).toHaveLength(20);
  });

  it('looks at no more than five passwords, however many are tried at once', async () => {
    const { process, attempts } = await world();
    let looked = 0;
    class Counting extends Passwords {
      override matches(password: string, hash: string | null): Promise<boolean> {
        looked += 1;
        return super.matches(password, hash);
      }
    }
    const processes = [process(new Counting(CHEAP)), process(new Counting(CHEAP))];
    const results = await Promise.all(Array.from({ length: 20 }, (_, at) => processes[at % 2]!('margarete', `wrong ${at}`)));
    expect(looked).toBe(5);
    expect(results.filter((result) => !result.ok && result.reason === 'locked')).toHaveLength(15);
    expect(await attempts()).toHaveLength(20);
  });

  it('sends people away when too many come at once, and counts nothing against them', async () => {
    const { process, attempts, tenantId } = await world({ rule: { ...RULE, attempts: 100 } });
    const signIn = process();
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, at) => signIn(`name${at}`, 'wrong').catch((error: { code: string }) => error.code)),
    );
    const away = results.filter((result) => result === 'unavailable').length;
    expect(away).toBeGreaterThan(20);
    expect(await attempts()).toHaveLength(60 - away);
    expect(await engine.models.UserLoginLockout.count({ where: { tenantId } })).toBe(60 - away);
    expect(await signIn('margarete', RIGHT)).toMatchObject({ ok: true });
  });

  it('of a disabled account is refused, which only somebody with the password hears', async () => {
    const { signIn, store } = await world();
    await store.accounts.setDisabled('margarete', true);
    expect(await signIn('margarete', 'wrong')).toMatchObject({ ok: false, reason: 'wrong' });
    expect(await signIn('margarete', RIGHT)).toMatchObject({ ok: false, reason: 'disabled' });
    await store.accounts.setDisabled('margarete', false);
    expect(await signIn('margarete', RIGHT)).toMatchObject({ ok: true });
  });

  it('does not let the old password in that was being compared while it was changed', async () => {
    const { process, store, account } = await world();
    class Slow extends Passwords {
      override async matches(password: string, hash: string | null): Promise<boolean> {
        const matches = await super.matches(password, hash);
        await store.accounts.setPasswordHash(account.id, 'another', { changedAt: new Date(START) });
        return matches;
      }
    }
    expect(await process(new Slow(CHEAP))('margarete', RIGHT)).toMatchObject({ ok: false, reason: 'wrong' });
  });

  it('hashes the password again when the cost was changed, once, and only when it was right', async () => {
    const { process, store } = await world();
    const hash = async () => (await store.accounts.lookUp('margarete'))!.passwordHash;
    const before = await hash();
    const dearer = process(new Passwords(CHEAP + 1));
    await dearer('margarete', 'wrong');
    expect(await hash()).toBe(before);
    await dearer('margarete', RIGHT);
    const after = await hash();
    expect(after).toMatch(/^\$2[aby]\$05\$/);
    expect(await dearer('margarete', RIGHT)).toMatchObject({ ok: true });
    expect(await hash()).toBe(after);
    const { passwordChangedAt } = await store.accounts.get('margarete');
    expect(passwordChangedAt).toEqual(new Date(START));
  });

  it('can be unlocked, under each name, and counts are removed once they are over', async () => {
    const { signIn, time, store, tenantId } = await world();
    await failTimes(6, () => signIn('margarete', 'wrong'));
    await failTimes(6, () => signIn('grete@example.org', 'wrong'));
    await failTimes(6, () => signIn('nobody', 'wrong'));
    await store.accounts.unlock('margarete');
    for (const identifier of ['margarete', 'grete@example.org']) expect(await signIn(identifier, RIGHT)).toMatchObject({ ok: true });
    expect(told(await signIn('nobody', 'wrong'), time.now)).toMatchObject({ reason: 'locked' });

    const { loginAttempts } = store;
    const later = new Date(START + 1);
    expect(await loginAttempts.pruneLockouts(later)).toBe(0);
    expect(await loginAttempts.pruneLockouts(new Date(START + 60_001))).toBe(1);
    expect(await engine.models.UserLoginLockout.count({ where: { tenantId } })).toBe(0);
  });

  it('is listed newest first, in pages, by name, outcome and time, for administrators of the tenant only', async () => {
    const { signIn, time, store, tenantId } = await world({ rule: { ...RULE, attempts: 100 } });
    for (let at = 0; at < 6; at += 1) {
      time.now = START + at * 1000;
      await signIn(at % 2 ? 'margarete' : 'Nobody', at === 5 ? RIGHT : 'wrong');
    }
    const times = async (list: Store['loginAttempts'], filter = {}) => {
      const seconds: number[] = [];
      for (let cursor: string | undefined; ; ) {
        const { items, nextCursor } = await list.list(filter, { limit: 2, cursor });
        seconds.push(...items.map(({ attemptedAt }) => (attemptedAt.getTime() - START) / 1000));
        if (nextCursor === null) return seconds;
        cursor = nextCursor;
      }
    };
    expect(await times(store.loginAttempts)).toEqual([5, 4, 3, 2, 1, 0]);
    expect(await times(store.loginAttempts, { identifier: 'NOBODY' })).toEqual([4, 2, 0]);
    expect(await times(store.loginAttempts, { succeeded: true })).toEqual([5]);
    expect(await times(store.loginAttempts, { after: new Date(START + 1000), before: new Date(START + 3000) })).toEqual([3, 2, 1]);
    const other = await storeFor(engine.db, { tenantId: await engine.freshTenant(), role: 'admin' });
    expect(await times(other.loginAttempts)).toEqual([]);
    for (const who of [{ role: 'service' }, { user: 'Margarete' }] as const) {
      const { loginAttempts, accounts } = await storeFor(engine.db, { tenantId, ...who });
      await expect(times(loginAttempts)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(loginAttempts.claim('margarete', new Date(), RULE)).rejects.toMatchObject({ code: 'forbidden' });
      for (const work of [
        accounts.get('margarete'),
        accounts.lookUp('margarete'),
        accounts.list({}, { limit: 1 }),
        accounts.unlock('margarete'),
      ])
        await expect(work).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});
