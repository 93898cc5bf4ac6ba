import { randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { findText, populate } from '../support/person.js';
import { runCli, spawnCli, temporaryFolder } from './run-cli.js';

const SLOW = 120_000;

describeEngines('tenants and people on the command line', (engine) => {
  const place = (): string[] => {
    const { url, dataDir } = engine.config;
    return url === null ? ['--data-dir', dataDir] : ['--database-url', url];
  };
  const run = (...args: string[]) => runCli([...args, ...place()]);

  it(
    'makes a tenant, configures it, lists it and removes it after a look',
    async () => {
      const id = `t-${randomUUID()}`;
      const made = await run('tenant', 'create', id, '--name', 'A household', '--text-search-config', 'german', '--json');
      expect(JSON.parse(made.stdout)).toMatchObject({ id, name: 'A household', text_search_config: 'german', conversations: 0 });
      expect(await run('tenant', 'create', id)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('already') });
      expect(await run('tenant', 'create', 'No Such Id')).toMatchObject({ code: 2, stdout: '' });

      const set = await run('tenant', 'settings', id, '--set', 'retention.message_retention_days=30,name=Home');
      expect(set).toMatchObject({ code: 0, stdout: expect.stringMatching(/^name +Home$/m) });
      expect(set.stdout).toMatch(/^retention\.message_retention_days +30$/m);
      expect(await run('tenant', 'settings', id, '--set', 'retention.message_retention_days=soon')).toMatchObject({ code: 2, stdout: '' });
      expect(await run('tenant', 'settings', id, '--set', 'colour=blue')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('colour'),
      });
      expect((await run('tenant', 'settings', id, '--unset', 'retention.message_retention_days')).stdout).not.toContain('retention');

      await populate(engine, { tenantId: id, user: 'somebody' });
      const listed: { id: string; users: number }[] = JSON.parse((await run('tenant', 'list', '--json')).stdout);
      expect(listed.find((tenant) => tenant.id === id)).toMatchObject({ name: 'Home', users: 3, conversations: 3 });

      const look = JSON.parse((await run('tenant', 'delete', id, '--json')).stdout);
      expect(look).toMatchObject({ tenant: id, dry_run: true, rows: { tenants: 1, users: 3, conversations: 3 } });
      expect(await run('tenant', 'delete', id, '--confirm', 'another')).toMatchObject({ code: 2, stdout: '' });
      const gone = JSON.parse((await run('tenant', 'delete', id, '--confirm', id, '--json')).stdout);
      expect(gone).toEqual({ ...look, dry_run: false });
      expect(await run('tenant', 'delete', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('no tenant') });
      expect(await findText(engine, id)).toEqual([]);
    },
    SLOW,
  );

  it(
    'writes out what is held about a person, and erases them after a look',
    async () => {
      await using folder = await temporaryFolder();
      const tenantId = await engine.freshTenant();
      const { externalId, email, marker } = await populate(engine, { tenantId, user: `someone-${randomUUID()}` });
      const of = (...args: string[]) => run('user', ...args, '--tenant', tenantId);

      const out = join(folder.path, 'person.jsonl');
      expect(await of('export', email, '--out', out)).toMatchObject({ code: 0, stdout: '' });
      const text = await readFile(out, 'utf8');
      expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toMatchObject({ type: 'header', user: externalId, tenant: tenantId });
      expect((await stat(out)).mode & 0o777).toBe(0o600);
      await writeFile(out, 'mine');
      expect(await of('export', email, '--out', out)).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already') });
      expect(await readFile(out, 'utf8')).toBe('mine');
      expect(await of('export', 'nobody', '--out', join(folder.path, 'nobody.jsonl'))).toMatchObject({ code: 1 });

      expect((await of('erase', email)).stderr).toContain(`recollect user erase ${email} --tenant ${tenantId} --confirm ${externalId}`);
      const look = JSON.parse((await of('erase', email, '--json')).stdout);
      expect(look).toMatchObject({ user: externalId, dry_run: true, held: [] });
      expect(await of('erase', email, '--confirm', email)).toMatchObject({ code: 2, stderr: expect.stringContaining(externalId) });
      expect(await findText(engine, marker)).not.toEqual([]);
      const gone = JSON.parse((await of('erase', email, '--confirm', externalId, '--json')).stdout);
      expect(gone).toMatchObject({ user: externalId, dry_run: false, removed: look.removed });
      expect(await findText(engine, marker)).toEqual([]);
      expect(await of('erase', email)).toMatchObject({ code: 1 });
    },
    SLOW,
  );

  it(
    'erases a person although it is killed half-way',
    async () => {
      const tenantId = await engine.freshTenant();
      const { externalId, marker, id } = await populate(engine, { tenantId, user: `someone-${randomUUID()}` });
      await using self = await agentFor(engine, { tenantId, user: externalId });
      const messages = Array.from({ length: 100 }, (_, at) => ({ role: 'user', content: `number ${at} ${marker}`, input_tokens: 1 }));
      for (let call = 0; call < 30; call += 1) await self.call('save_turn', { conversation_key: 'long', messages });
      const left = () => engine.models.Message.count({ where: { tenantId, userId: id } });
      const all = await left();

      const child = spawnCli(['user', 'erase', externalId, '--confirm', externalId, '--tenant', tenantId, ...place()]);
      const ended = new Promise((resolve) => child.once('close', resolve));
      while ((await left()) === all && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      await ended;

      for (const { id, messageCount, inputTokens } of await engine.models.Conversation.findAll({ where: { tenantId } })) {
        const there = await engine.models.Message.findAll({ where: { tenantId, conversationId: id } });
        expect(messageCount).toBe(there.filter(({ deletedAt }) => deletedAt === null).length);
        expect(Number(inputTokens)).toBe(there.reduce((sum, message) => sum + (message.inputTokens ?? 0), 0));
      }
      await run('user', 'erase', externalId, '--confirm', externalId, '--tenant', tenantId);
      const folder = new CorpusFolder(engine.db, () => new Date());
      await folder.foldAll(tenantId);
      expect(await folder.verify(tenantId)).toMatchObject({ waiting: 0, wrong: 0 });
      expect(await findText(engine, marker)).toEqual([]);
      expect(await findText(engine, id)).toEqual([]);
    },
    SLOW,
  );
});

it(
  'keep a new folder to whoever made it',
  async () => {
    await using folder = await temporaryFolder();
    const dataDir = join(folder.path, 'memory');
    expect(await runCli(['tenant', 'create', 'household', '--data-dir', dataDir])).toMatchObject({ code: 0 });
    expect((await stat(dataDir)).mode & 0o077).toBe(0);
  },
  SLOW,
);
