import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { runCli, temporaryFolder } from './run-cli.js';

const SLOW = 120_000;

describe('migrate', () => {
  it(
    'goes up, down and up again, and tells where it stands',
    async () => {
      await using folder = await temporaryFolder();
      const migrate = (...args: string[]) => runCli(['migrate', ...args, '--data-dir', folder.path]);

      const up = await migrate('up');
      expect({ ...up, stderr: '' }).toEqual({ code: 0, stdout: expect.any(String), stderr: '' });
      const all = JSON.parse((await migrate('status', '--json')).stdout);
      expect(all).toEqual({ applied: expect.arrayContaining([expect.stringMatching(/^0001-/)]), pending: [], unknown: [] });

      const down = await migrate('down');
      expect(down).toMatchObject({ code: 0, stdout: `taken back  ${all.applied.at(-1)}\n` });
      expect((await migrate('status')).stdout).toMatch(new RegExp(`^pending  ${all.applied.at(-1)}$`, 'm'));

      expect(await migrate('up')).toMatchObject({ code: 0, stdout: `applied  ${all.applied.at(-1)}\n` });
      expect(await migrate('up')).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });

      const { stdout, stderr } = await migrate('status', '--log-sql');
      expect(stderr).toMatch(/"sql":"[^\n]*select[^\n]* schema_migrations/i);
      expect(stdout).not.toContain('select');
    },
    SLOW,
  );
});

describeEngines('migrate distribute', (engine) => {
  it('says what is missing where there is no Citus, and changes nothing', async () => {
    const { url, dataDir } = engine.config;
    const database = url === null ? ['--data-dir', dataDir] : ['--database-url', url];
    for (const args of [[], ['--dry-run'], ['--json']]) {
      const { code, stdout, stderr } = await runCli(['migrate', 'distribute', ...args, ...database]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/Citus.*docs\/citus\.md/s);
    }
    const wrong = await runCli(['migrate', 'distribute', '--shards', '0', ...database]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--shards must be a whole number from 1 to 1024.') });
  });
});

describeEngines('seed and doctor', (engine) => {
  const settings = (): string[] => {
    const { url, dataDir } = engine.config;
    return [...(url === null ? ['--data-dir', dataDir] : ['--database-url', url]), '--tenant', 'household'];
  };
  const doctor = async () => {
    const { code, stdout } = await runCli(['doctor', '--json', ...settings()]);
    return { code, report: JSON.parse(stdout) };
  };

  it(
    'fill a tenant and find everything in order, beside the process that has the database open',
    async () => {
      expect(await runCli(['seed', ...settings()])).toMatchObject({ code: 0, stdout: 'Tenant household holds the example data.\n' });

      const { code, report } = await doctor();
      expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
      const embedded = engine.name === 'embedded';
      expect(report).toMatchObject({
        ok: true,
        settings: { tenant: 'household' },
        engine: { engine: engine.name, role: embedded ? 'follower' : 'client' },
        schema: { pending: [], unknown: [] },
        counters: { conversations: report.tables.conversations, wrong: 0 },
      });
      expect(report.tables.messages).toBeGreaterThan(0);
      expect(report.mcp.tools).toContain('save_turn');
      const sharing: { pid: number; role: string }[] = report.engine.processes;
      expect(sharing.map(({ role }) => role).sort()).toEqual(embedded ? ['follower', 'leader'] : []);
      if (embedded) expect(sharing.find(({ role }) => role === 'leader')?.pid).toBe(process.pid);

      const { stdout, stderr } = await runCli(['doctor', ...settings()]);
      expect(stdout).toMatch(/^✓ Everything is in order\.$/m);
      expect(stdout).toMatch(/^ {2}messages +\d+$/m);
      expect(stderr).toMatch(/^Database …$/m);
    },
    SLOW,
  );

  it(
    'finds statistics of words that are wrong, and makes them anew when it is told to',
    async () => {
      const tenantId = await engine.freshTenant();
      await engine.models.CorpusTerm.create({
        ...{ tenantId, source: 'message', scopeId: '00000000-0000-0000-0000-000000000000' },
        ...{ lexeme: 'phantom', documents: 3 },
      });
      const { code, report } = await doctor();
      expect(code).toBe(1);
      expect(report.problems).toEqual([expect.stringContaining(`wrong for ${tenantId}`)]);
      expect(report.statistics.wrong).toEqual([tenantId]);
      const fixed = await runCli(['doctor', '--fix', ...settings()]);
      expect(fixed).toMatchObject({ code: 0, stdout: expect.stringContaining(`made anew for ${tenantId}`) });
      expect((await doctor()).code).toBe(0);
    },
    SLOW,
  );

  it(
    'finds what hangs on messages that are not there, and removes it when it is told to',
    async () => {
      const tenantId = await engine.freshTenant();
      const { Conversation, MessageAsset, MessageVector, Task } = engine.models;
      const { id: conversationId } = await Conversation.create({ tenantId });
      const lost = { tenantId, conversationId, messageId: randomUUID() };
      await MessageAsset.create({ ...lost, name: 'a', mimeType: 'x/y', uri: 'file:///a' });
      await MessageVector.create({ ...lost, provider: 'p', model: 'm', dimensions: 1, embedding: [1] });
      const { id } = await Task.create({ ...lost, title: 'Look again' });
      const { code, report } = await doctor();
      expect({ code, orphans: report.orphans }).toEqual({ code: 1, orphans: { vectors: 1, tasks: 1, fixed: false } });
      expect(report.problems).toContainEqual(expect.stringMatching(/1 vector and 1 task .*--fix/));
      const fixed = await runCli(['doctor', '--fix', ...settings()]);
      expect(fixed).toMatchObject({ code: 0, stdout: expect.stringContaining('2 that had no message any more were put right') });
      expect(await MessageAsset.count({ where: { tenantId } })).toBe(0);
      expect(await Task.findOne({ where: { tenantId, id } })).toMatchObject({ messageId: null, conversationId });
      expect((await doctor()).report.problems).toEqual([]);
    },
    SLOW,
  );

  it(
    'exits with 1 when a conversation does not count its messages right',
    async () => {
      const tenantId = await engine.freshTenant();
      await engine.models.Conversation.create({ tenantId, id: randomUUID(), messageCount: 3 });
      const { code, report } = await doctor();
      expect({ code, problems: report.problems }).toEqual({
        code: 1,
        problems: [`Counters: wrong in 1 of ${report.tables.conversations} conversations.`],
      });
    },
    SLOW,
  );
});

describe('doctor', () => {
  it(
    'exits with 1 when the server cannot be reached, and shows no password',
    async () => {
      const { code, stdout, stderr } = await runCli(['doctor', '--json'], {
        RECOLLECT_DATABASE_URL: 'postgresql://mara:geheim@127.0.0.1:1/none',
      });
      expect(code).toBe(1);
      expect(stdout + stderr).not.toContain('geheim');
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [expect.stringMatching(/^Database: /)] });
    },
    SLOW,
  );
});

describe('demo', () => {
  it(
    'passes every step and keeps a folder that was given',
    async () => {
      await using folder = await temporaryFolder();
      const { code, stdout } = await runCli(['demo', '--data-dir', folder.path]);
      expect(stdout).toMatch(/^(\d+) of \1 steps passed in [\d.]+ m?s\.$/m);
      expect(code).toBe(0);
      expect(await readdir(folder.path)).not.toEqual([]);
    },
    SLOW,
  );
});
