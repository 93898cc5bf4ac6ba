import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { QUICK_START } from '../support/quick-start.js';
import { signInTo } from '../support/sign-in.js';
import { storeFor } from '../support/store.js';
import { type Run, runCli, spawnCli, temporaryFolder } from './run-cli.js';

const SLOW = 240_000;
const GOOD = 'Violet7.Harbour';

/** Runs the command line with something piped in. */
async function pipe(args: readonly string[], input: string, env: Record<string, string>): Promise<Run> {
  const child = spawnCli(args, env);
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin!.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

describeEngines('recollect user', (engine) => {
  const world = async () => {
    const tenantId = await engine.freshTenant();
    const { url, dataDir } = engine.config;
    const where = url === null ? ['--data-dir', dataDir] : ['--database-url', url];
    const env = { RECOLLECT_TENANT: tenantId, RECOLLECT_BCRYPT_COST: '4' };
    const store = await storeFor(engine.db, { tenantId, role: 'system' });
    const lockout = { attempts: 5, firstSeconds: 60, maxSeconds: 3600 };
    const { signIn } = signInTo(store, lockout);
    const user = (args: string[], input?: string) =>
      input === undefined ? runCli(['user', ...args, ...where], env) : pipe(['user', ...args, ...where], input, env);
    return { tenantId, store, user, signIn, where, env };
  };

  it(
    'makes, lists, disables, enables, unlocks and deletes accounts',
    async () => {
      const { user, signIn } = await world();
      const made = await user(['create', 'ann', '--email', 'ann@example.org', '--password-stdin'], `${GOOD}\n`);
      expect(made).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('Made the account ann') });
      expect(await signIn('ann@example.org', GOOD)).toBe('in');
      expect(await user(['create', 'ANN', '--generate'])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('already is an account with the name ANN'),
      });
      const generated = JSON.parse((await user(['create', 'bob', '--generate', '--role', 'admin', '--json'])).stdout);
      expect(generated).toMatchObject({ username: 'bob', role: 'admin' });
      expect(await signIn('bob', generated.password)).toBe('in');

      const listed = await user(['list', '--json']);
      expect(JSON.parse(listed.stdout)).toMatchObject([
        { username: 'ann', email: 'ann@example.org', active: false, disabled_at: null },
        { username: 'bob', role: 'admin', failed_attempts: 0 },
      ]);
      expect(listed.stdout).not.toMatch(/hash|\$2b/);
      expect((await user(['list'])).stdout).toMatch(/^ann {2}user, last signed in .*, ann@example\.org\nbob {2}admin, /);

      expect(await user(['disable', 'ann'])).toMatchObject({ code: 0, stdout: 'The account ann is disabled.\n' });
      expect(await signIn('ann', GOOD)).toBe('disabled');
      await user(['enable', 'ann']);
      for (let failures = 0; failures < 5; failures += 1) await signIn('ann', 'wrong');
      expect(await signIn('ann', GOOD)).toBe('locked');
      expect(JSON.parse((await user(['unlock', 'ann', '--json'])).stdout)).toMatchObject({ username: 'ann', locked_until: null });
      expect(await signIn('ann', GOOD)).toBe('in');
      expect(await user(['delete', 'ann'])).toMatchObject({ code: 0, stdout: expect.stringContaining('The account ann is gone') });
      expect(await signIn('ann', GOOD)).toBe('wrong');
      expect(await user(['delete', 'ann'])).toMatchObject({ code: 1, stderr: expect.stringContaining('No account "ann"') });
    },
    SLOW,
  );

  it(
    'sets passwords that were piped in or made up, and by reset token, once',
    async () => {
      const { tenantId: tenant, user, signIn } = await world();
      await user(['create', 'ann', '--password-stdin'], GOOD);
      expect(await user(['passwd', 'ann', '--password-stdin'], 'ann\n')).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/will not do[\s\S]*at least 10/),
      });
      expect(await signIn('ann', GOOD)).toBe('in');
      const { stdout } = await user(['passwd', 'ann', '--generate']);
      expect([await signIn('ann', GOOD), await signIn('ann', stdout.trim())]).toEqual(['wrong', 'in']);

      const reset = await user(['reset', 'ann']);
      expect(reset).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^rcp_[\w-]{43}\n$/),
        stderr: expect.stringContaining('shown once'),
      });
      expect(await user(['redeem', '--stdin'], `${reset.stdout}Copper3.Lantern\n`)).toMatchObject({ code: 0, stdout: '' });
      expect(await signIn('ann', 'Copper3.Lantern')).toBe('in');
      expect(await user(['redeem', '--stdin'], `${reset.stdout}Silver9.Meadows\n`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('was used'),
      });
      expect(await signIn('ann', 'Copper3.Lantern')).toBe('in');

      const linked = await user(['reset', 'ann', '--public-url', 'https://memory.example.com']);
      const [token, link] = linked.stdout.trim().split('\n');
      expect(link).toBe(`https://memory.example.com/account/password?tenant=${tenant}&token=${token}`);
      expect((await user(['reset', 'ann', '--public-url', 'http://memory.example.com'])).stdout).toMatch(/^rcp_[\w-]{43}\n$/);
    },
    SLOW,
  );

  it(
    'takes no password as an argument, and says what to do where there is no terminal',
    async () => {
      const { user, store } = await world();
      for (const args of [
        ['create', 'ann', GOOD],
        ['create', 'ann', '--password', GOOD],
        ['passwd', 'ann', GOOD],
      ])
        expect(await user(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/too many arguments|unknown option/) });
      expect(await user(['create', 'ann'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-stdin') });
      expect(await user(['create', 'ann', '--password-stdin'], '')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('on one line'),
      });
      expect(await user(['create', 'ann', '--password-stdin'], 'two\nlines')).toMatchObject({ code: 2 });
      expect(await user(['create', 'ann', '--password-stdin', '--generate'], GOOD)).toMatchObject({ code: 2 });
      expect((await store.accounts.list({}, { limit: 1 })).items).toEqual([]);
    },
    SLOW,
  );
});

it.skipIf(!existsSync('/usr/bin/script'))(
  'asks for a password at a terminal, twice, and shows nothing of it',
  async () => {
    await using folder = await temporaryFolder();
    // `script` gives the program a terminal; everything that would be on its screen comes back.
    const main = path.resolve(import.meta.dirname, '../../dist/src/main.js');
    const command = `${process.execPath} ${QUICK_START} ${main} user create ann --bcrypt-cost 4 --data-dir ${path.join(folder.path, 'data')}`;
    const terminal = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { stdio: 'pipe' });
    let screen = '';
    const answers: [string, string][] = [
      ['New password: ', `${GOOD}X\u007f\r`],
      ['Once more: ', `${GOOD}\r`],
    ];
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      if (answers[0] && screen.includes(answers[0][0])) terminal.stdin.write(answers.shift()![1]);
    });
    const [code] = (await once(terminal, 'close')) as [number | null];
    expect(screen).toContain('Made the account ann');
    expect(screen).not.toContain('Violet');
    expect(code).toBe(0);
  },
  SLOW,
);
