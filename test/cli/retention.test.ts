import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import retention from '../../src/cli/commands/retention.js';
import { loadConfig } from '../../src/config.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { runHere } from './run-here.js';

describeEngines('recollect retention', (engine) => {
  const run = (...args: string[]) => {
    const { url, dataDir } = engine.config;
    return runHere(retention, ...args, ...(url === null ? ['--data-dir', dataDir] : ['--database-url', url]));
  };
  const old = async () => {
    const tenantId = await engine.freshTenant();
    const before = await storeFor(engine.db, { tenantId, clock: () => new Date(Date.now() - 40 * 86_400_000) });
    await before.turns.save({ messages: [{ role: 'user', content: 'long ago' }] });
    return tenantId;
  };
  const messages = (tenantId: string) => engine.models.Message.count({ where: { tenantId } });

  it('counts, and then does, what is due in one tenant', async () => {
    const [tenantId, other] = [await old(), await old()];
    const args = ['--tenant', tenantId, '--message-retention-days', '30'];
    const dry = await run('run', '--dry-run', ...args);
    expect(dry).toMatchObject({ code: 0, lines: [`Due in tenant ${tenantId}:`, '  messages expired  1'] });
    expect(await messages(tenantId)).toBe(1);
    expect(await run('run', ...args, '--json')).toMatchObject({
      code: 0,
      json: [{ tenant: tenantId, dry_run: false, stopped: false, counts: { messages_expired: 1 } }],
    });
    expect([await messages(tenantId), await messages(other)]).toEqual([0, 1]);
    expect((await run('run', '--tenant', 'all', '--message-retention-days', '30')).code).toBe(0);
    expect(await messages(other)).toBe(0);
    await expect(run('run', '--tenant', 'nobody')).rejects.toThrow(/There is no tenant "nobody"/);
  });

  it('shows a policy and changes it', async () => {
    const tenantId = await engine.freshTenant();
    const shown = await run(
      'policy',
      '--tenant',
      tenantId,
      '--set',
      'message_retention_days=30, event_retention_days=off',
      '--event-retention-days',
      '9',
    );
    expect(shown.lines).toContainEqual(expect.stringMatching(/^message_retention_days +30 {2}\(own\)$/));
    expect(shown.lines).toContainEqual(expect.stringMatching(/^event_retention_days +- {2}\(own\)$/));
    const unset = await run('policy', '--tenant', tenantId, '--unset', 'event_retention_days', '--event-retention-days', '9', '--json');
    expect(unset.json).toMatchObject({
      retention: { message_retention_days: 30, event_retention_days: 9 },
      own: ['message_retention_days'],
    });
    for (const wrong of ['message_retention_days=soon', 'message_retention_days=0', 'colour=1'])
      await expect(run('policy', '--tenant', tenantId, '--set', wrong)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

it('is refused at start when it cannot be read', async () => {
  const problem = (env: Record<string, string>) => () => loadConfig({}, env);
  expect(problem({ RECOLLECT_MESSAGE_RETENTION_DAYS: '30 days' })).toThrow(
    /RECOLLECT_MESSAGE_RETENTION_DAYS is "30 days"; allowed: a whole number from 1 to 36500/,
  );
  expect(problem({ RECOLLECT_SOFT_DELETE_GRACE_DAYS: '0' })).toThrow(/RECOLLECT_SOFT_DELETE_GRACE_DAYS is "0"/);
  expect(problem({ RECOLLECT_MAX_BYTES: 'lots' })).toThrow(/RECOLLECT_MAX_BYTES is "lots"; allowed: .*GiB/);
  const folder = await mkdtemp(join(tmpdir(), 'recollect-config-'));
  const file = join(folder, 'settings.yaml');
  try {
    await writeFile(file, 'days: 45\nmax_bytes: 2 GiB\n');
    expect(loadConfig({ config: file }, {})).toMatchObject({ messageRetentionDays: 45, maxBytes: 2 * 1024 ** 3 });
    await writeFile(file, 'days: 1.5\n');
    expect(problem({ RECOLLECT_CONFIG: file })).toThrow(/days in .* is "1.5"; allowed: a whole number/);
    await writeFile(file, 'days: 45\nmessage_retention_days: 30\n');
    expect(problem({ RECOLLECT_CONFIG: file })).toThrow(/says the same as another key/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
