import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
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
    },
    SLOW,
  );
});

describe('seed and doctor', () => {
  it(
    'fill a tenant and find everything in order',
    async () => {
      await using folder = await temporaryFolder();
      const settings = ['--data-dir', folder.path, '--tenant', 'household'];
      expect(await runCli(['seed', ...settings])).toMatchObject({ code: 0, stdout: 'Tenant household holds the example data.\n' });

      const { code, stdout, stderr } = await runCli(['doctor', '--json', ...settings]);
      expect({ code, problems: JSON.parse(stdout).problems }).toEqual({ code: 0, problems: [] });
      expect(stderr).toMatch(/^Database …$/m);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({
        ok: true,
        settings: { tenant: 'household', dataDir: folder.path },
        engine: { engine: 'embedded', role: 'leader', processes: [{ role: 'leader' }] },
        schema: { pending: [], unknown: [] },
        counters: { wrong: 0 },
      });
      expect(report.tables.messages).toBeGreaterThan(0);
      expect(report.counters.conversations).toBe(report.tables.conversations);
      expect(report.mcp.tools).toContain('save_turn');

      const { stdout: text } = await runCli(['doctor', ...settings]);
      expect(text).toMatch(/✓ Everything is in order\./);
      expect(text).toMatch(/shared by +process \d+, leader/);
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
