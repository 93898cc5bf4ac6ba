import { expect, it } from 'vitest';
import { createLog } from '../../src/log.js';
import { scopesOf } from '../../src/principal.js';
import { AccessSource } from '../../src/repository/system/access-source.js';
import { ApiTokenDirectory } from '../../src/repository/system/api-token-directory.js';
import { AccessChanges } from '../../src/services/accounts/access-changes.js';
import { ApiKeys } from '../../src/services/accounts/api-keys.js';
import { describeEngines } from '../support/engines.js';
import { runCli } from './run-cli.js';

const SLOW = 120_000;

describeEngines('recollect token', (engine) => {
  const token = async (args: string[], tenant: string, env: Record<string, string> = {}) => {
    const { url, dataDir } = engine.config;
    const where = url === null ? ['--data-dir', dataDir] : ['--database-url', url];
    return runCli(['token', ...args, ...where], { RECOLLECT_TENANT: tenant, ...env });
  };
  const verify = (key: string) =>
    new ApiKeys(
      async () => new ApiTokenDirectory(engine.db),
      () => new Date(),
      new AccessChanges(async () => new AccessSource(engine.db), createLog('silent')),
      createLog('silent'),
    ).verify(key);

  it(
    'makes a key, prints it alone and this once, lists and revokes it',
    async () => {
      const tenant = await engine.freshTenant();
      const made = await token(
        ['create', '--name', 'phone', '--user', 'ann', '--scopes', 'memories:read, graph:read', '--expires', '30d'],
        tenant,
      );
      expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^rcl_[\w-]{43}\n$/) });
      expect(made.stderr).toContain('shown once');
      const key = made.stdout.trim();
      const { principal, expiresAt } = await verify(key);
      expect(principal).toEqual({ tenantId: tenant, user: 'ann', role: 'user', scopes: new Set(['memories:read', 'graph:read']) });
      const days = (expiresAt!.getTime() - Date.now()) / 86_400_000;
      expect([days > 29.9, days <= 30]).toEqual([true, true]);

      // The user that a server of this environment would act for is not the user of the key.
      const env = { RECOLLECT_USER: 'bob' };
      const second = JSON.parse((await token(['create', '--name', 'bot', '--json'], tenant, env)).stdout);
      expect(second).toMatchObject({ key: expect.stringMatching(/^rcl_/), name: 'bot', role: 'service', user: null, expires_at: null });
      expect((await verify(second.key)).principal).toMatchObject({ user: null, role: 'service', scopes: scopesOf('service') });

      const listed = await token(['list', '--json'], tenant);
      expect(JSON.parse(listed.stdout).map(({ name }: { name: string }) => name)).toEqual(['bot', 'phone']);
      expect(listed.stdout).not.toContain(key.slice(12));
      const revoked = await token(['revoke', 'phone'], tenant);
      expect(revoked).toMatchObject({ code: 0, stdout: `Revoked ${key.slice(0, 12)}… (phone).\n` });
      await expect(verify(key)).rejects.toMatchObject({ code: 'unauthenticated' });
      const table = (await token(['list'], tenant)).stdout;
      expect([table.includes('bot'), table.includes('phone')]).toEqual([true, false]);
      expect((await token(['list', '--all'], tenant)).stdout).toMatch(/phone\n.*revoked \d{4}-/);
      expect(await token(['revoke', 'nothing'], tenant)).toMatchObject({ code: 1, stderr: expect.stringContaining('No key "nothing"') });
    },
    SLOW,
  );

  it(
    'makes the configured tenant, and refuses one that is named and not there',
    async () => {
      const typo = await token(['create', '--name', 'x', '--tenant', 'acmee'], await engine.freshTenant());
      expect(typo).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('There is no tenant "acmee"') });
      expect(typo.stderr).toContain('recollect tenant create');
      expect(await engine.models.Tenant.findByPk('acmee')).toBeNull();
      const made = await token(['create', '--name', 'x'], `configured-${engine.name}`);
      expect((await verify(made.stdout.trim())).principal.tenantId).toBe(`configured-${engine.name}`);
      const other = await engine.freshTenant();
      const named = await token(['create', '--name', 'x', '--tenant', other], 'local');
      expect((await verify(named.stdout.trim())).principal.tenantId).toBe(other);
      // The command that is told to end it works as it stands.
      const told = /recollect token (revoke .*)$/m.exec(named.stderr)?.[1] ?? '';
      expect(await token(told.split(' '), 'local')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Revoked /) });
    },
    SLOW,
  );
});

it.each([
  [['create'], /--name/],
  [['create', '--name', 'x', '--role', 'root'], /--role is "root"; allowed is user, service, admin/],
  [['create', '--name', 'x', '--scopes', 'everything'], /--scopes names "everything"/],
  [['revoke'], /missing required argument 'key'/],
])(
  'token %j is refused before anything is opened',
  async (args, why) => {
    const { code, stdout, stderr } = await runCli(['token', ...args], { RECOLLECT_DATA_DIR: '/does/not/exist' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(why);
  },
  SLOW,
);
