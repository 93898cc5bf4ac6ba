import { createServer } from 'node:net';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/open.js';
import { configOf, quiet, run } from './support/folder.js';

const server = inject('postgres');
const open = (url: string) => openDatabase(configOf('', { url }), quiet);

const changed = (change: (url: URL) => void): string => {
  const url = new URL(server!.url);
  change(url);
  return url.href;
};

const unusedPort = async (): Promise<number> => {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
};

describe.skipIf(!server)('a PostgreSQL server', () => {
  test('a wrong address is explained, without the password', async () => {
    const port = String(await unusedPort());
    const cases: [string, RegExp][] = [
      [changed((url) => Object.assign(url, { password: 'wrong-secret' })), /refused the user/],
      [changed((url) => Object.assign(url, { pathname: '/no_such_database' })), /no database "no_such_database"/],
      [changed((url) => Object.assign(url, { hostname: 'no-such-host.invalid' })), /host "no-such-host.invalid" is not known/],
      [changed((url) => Object.assign(url, { hostname: '127.0.0.1', port, password: 'wrong-secret' })), /Nothing answers at 127.0.0.1/],
    ];
    for (const [url, message] of cases) {
      const error = (await open(url).catch((failure: unknown) => failure)) as Error & { code: string; hint: string };
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(message) });
      expect(error.hint).toContain('RECOLLECT_DATABASE_URL');
      expect(`${error.message}${error.hint}`).not.toContain('wrong-secret');
    }
  });

  test('connections carry our name, a statement timeout and UTC', async () => {
    const show = `select current_setting('application_name') as name, current_setting('statement_timeout') as timeout, current_setting('TimeZone') as zone`;
    const database = await open(server!.url);
    onTestFinished(() => database.close());
    const [settings] = await run<{ name: string; timeout: string; zone: string }>(database, show);
    expect(settings).toMatchObject({ name: 'recollect', timeout: '30s' });
    expect(settings?.zone).toMatch(/UTC|^\+00:00$|<\+00>/);
    const quick = await open(changed((url) => url.searchParams.set('statement_timeout', '100')));
    onTestFinished(() => quick.close());
    await expect(run(quick, 'select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
  });

  test('a backend that is terminated under a statement costs a repetition, not an error', async () => {
    const database = await open(server!.url);
    onTestFinished(() => database.close());
    await run(database, 'create sequence if not exists terminations');
    await run(database, `select setval('terminations', 1)`);
    onTestFinished(() => run(database, 'drop sequence if exists terminations').then(() => undefined));
    // The first run ends its own connection; a sequence is not rolled back, so the second does not.
    const text = `select case when nextval('terminations') = 2 then pg_terminate_backend(pg_backend_pid()) end, 7 as n`;
    expect(await run(database, text)).toMatchObject([{ n: 7 }]);
  });

  test('a listener comes back after its connection is gone', async () => {
    const database = await open(server!.url);
    onTestFinished(() => database.close());
    const heard: string[] = [];
    await database.listen('come_back', (payload) => heard.push(payload));
    await run(
      database,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and query = 'listen "come_back"'`,
    );
    await expect
      .poll(
        async () => {
          await run(database, `select pg_notify('come_back', 'here')`);
          return heard[0];
        },
        { timeout: 10_000 },
      )
      .toBe('here');
  });

  test('two transactions run side by side', async () => {
    const database = await open(server!.url);
    onTestFinished(() => database.close());
    expect(database.capabilities.concurrentTransactions).toBe(true);
    let enter: () => void = () => undefined;
    const bothInside = new Promise<void>((resolve) => {
      let inside = 0;
      enter = () => {
        inside += 1;
        if (inside === 2) resolve();
      };
    });
    const meet = () =>
      database.transaction(async () => {
        enter();
        await bothInside;
        return 'met';
      });
    expect(await Promise.all([meet(), meet()])).toEqual(['met', 'met']);
  });
});
