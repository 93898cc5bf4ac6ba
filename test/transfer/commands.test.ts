import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, inject, it } from 'vitest';
import backup from '../../src/cli/commands/backup.js';
import exportCommand from '../../src/cli/commands/export.js';
import importCommand from '../../src/cli/commands/import.js';
import restore from '../../src/cli/commands/restore.js';
import { temporaryFolder } from '../cli/run-cli.js';
import { runHere } from '../cli/run-here.js';
import { copyTemplate } from '../support/copy-template.js';
import { createDatabase, dropDatabase, newDatabaseName, withDatabase } from '../support/databases.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { fillTenant } from './fill-tenant.js';

const SLOW = 120_000;

describeEngines('export, import, backup and restore on the command line', (engine) => {
  const place = (): string[] => {
    const { url, dataDir } = engine.config;
    return url === null ? ['--data-dir', dataDir] : ['--database-url', url];
  };

  it('say in words where nothing can be read or written, and leave nothing behind', async () => {
    await using folder = await temporaryFolder();
    const tenant = await engine.freshTenant();
    const nowhere = path.join(folder.path, 'no-such-folder', 'a.jsonl');
    for (const out of [nowhere, folder.path]) {
      const wrong = runHere(exportCommand, '--tenant', tenant, '--out', out, ...place());
      await expect(wrong).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/cannot be written: .*folder/) });
    }
    expect(await readdir(folder.path)).toEqual([]);
    for (const [command, file] of [restore, importCommand].flatMap((each) => [nowhere, folder.path].map((file) => [each, file] as const))) {
      const wrong = runHere(command, file, ...place());
      await expect(wrong).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('cannot be read: it is') });
    }
  });

  it('write what is unfinished to a file of their own, whatever stands there', async () => {
    await using folder = await temporaryFolder();
    const tenant = await engine.freshTenant();
    const [out, victim] = [path.join(folder.path, 'a.jsonl'), path.join(folder.path, 'victim')];
    await writeFile(victim, 'mine', { mode: 0o666 });
    await symlink(victim, `${out}.partial`);
    expect(await runHere(exportCommand, '--tenant', tenant, '--out', out, ...place())).toMatchObject({ code: 0 });
    expect([await readFile(victim, 'utf8'), (await lstat(out)).isFile(), (await stat(out)).mode & 0o777]).toEqual(['mine', true, 0o600]);
  });

  it(
    'write a file, packed or not, read it into another tenant, and go on with one that was broken off',
    async () => {
      await using folder = await temporaryFolder();
      const from = await engine.freshTenant();
      const to = await engine.freshTenant();
      await fillTenant(engine, from);
      const [packed, plain, resumed] = ['a.jsonl.gz', 'b.jsonl', 'c.jsonl.gz'].map((name) => path.join(folder.path, name)) as [
        string,
        string,
        string,
      ];
      expect(await runHere(exportCommand, '--tenant', from, '--out', packed, ...place())).toMatchObject({ code: 0 });
      expect((await stat(packed)).mode & 0o777).toBe(0o600);
      const look = await runHere(importCommand, packed, '--tenant', to, '--dry-run', '--json', ...place());
      expect(look).toMatchObject({ code: 0, json: { dry_run: true, rows: { conversation: { read: 2, added: 2 } } } });
      expect(await runHere(importCommand, packed, '--tenant', to, '--json', ...place())).toMatchObject({
        code: 0,
        json: { dry_run: false, settings: true, rows: { conversation: { read: 2, added: 2 } }, rejected: [] },
      });
      expect(await runHere(exportCommand, '--tenant', to, '--out', plain, ...place())).toMatchObject({ code: 0 });
      const text = await readFile(plain, 'utf8');
      expect(gunzipSync(await readFile(packed)).toString()).toBe(text);

      for (const part of [0.3, 0.6, 0.9]) {
        const whole = gzipSync(text.slice(0, Math.floor(text.length * part)));
        await writeFile(`${resumed}.partial`, part > 0.8 ? whole.subarray(0, -30) : whole);
        expect(await runHere(exportCommand, '--tenant', to, '--out', resumed, '--resume', ...place())).toMatchObject({ code: 0 });
        // People come once more, because there might have been others meanwhile; all else as if nothing had happened.
        const lines = gunzipSync(await readFile(resumed))
          .toString()
          .split('\n');
        const seen = new Set<string>();
        const once = lines.filter((line) => !line.startsWith('{"type":"end"') && !seen.has(line) && seen.add(line));
        expect(once).toEqual(text.split('\n').filter((line) => !line.startsWith('{"type":"end"')));
        const again = await engine.freshTenant();
        expect(await runHere(importCommand, resumed, '--tenant', again, ...place())).toMatchObject({ code: 0 });
      }
      expect((await readdir(folder.path)).sort()).toEqual(['a.jsonl.gz', 'b.jsonl', 'c.jsonl.gz']);

      await writeFile(plain, text.slice(0, -400));
      await expect(runHere(importCommand, plain, '--tenant', from, ...place())).rejects.toThrow('nothing was stored');
      await expect(runHere(exportCommand, '--tenant', 'nobody', '--out', plain, ...place())).rejects.toThrow('no tenant');
      await expect(runHere(exportCommand, '--tenant', from, '--out', plain, '--resume', ...place())).rejects.toThrow(
        'nothing was broken off',
      );
    },
    SLOW,
  );

  it(
    'keep the newest backups, and restore one into an empty database of either engine only',
    async () => {
      await using folder = await temporaryFolder();
      const tenantId = await engine.freshTenant();
      await fillTenant(engine, tenantId);
      const backups = path.join(folder.path, 'backups');
      await mkdir(backups);
      for (const name of ['recollect-20200101T000000Z.jsonl.gz', 'recollect-20210101T000000Z.jsonl.gz', 'mine.txt'])
        await writeFile(path.join(backups, name), 'old');
      const { code, lines } = await runHere(backup, '--out', backups, '--keep', '2', ...place());
      expect(code).toBe(0);
      const file = lines[0]!;
      expect((await readdir(backups)).sort()).toEqual(['mine.txt', 'recollect-20210101T000000Z.jsonl.gz', path.basename(file)]);
      const look = await runHere(restore, file, '--dry-run');
      expect([look.code, look.lines[0]]).toEqual([0, expect.stringContaining(tenantId)]);
      expect(look.lines.join('\n')).not.toContain('in tenant');
      await expect(runHere(backup, '--out', file, ...place())).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('a file is in the way'),
      });
      await expect(runHere(restore, file, ...place())).rejects.toThrow('not empty');
      await expect(runHere(importCommand, file, '--tenant', tenantId, ...place())).rejects.toThrow();

      const server = inject('postgres');
      const name = newDatabaseName();
      const dataDir = path.join(folder.path, 'data');
      copyTemplate(dataDir);
      const others = [['--data-dir', dataDir]];
      if (server) {
        await createDatabase(server.url, name, server.template);
        others.push(['--database-url', withDatabase(server.url, name)]);
      }
      try {
        const original = path.join(folder.path, 'original.jsonl');
        await runHere(exportCommand, '--tenant', tenantId, '--out', original, ...place());
        for (const other of others) {
          expect(await runHere(restore, file, ...other)).toMatchObject({ code: 0 });
          const copy = path.join(folder.path, 'copy.jsonl');
          expect(await runHere(exportCommand, '--tenant', tenantId, '--out', copy, ...other)).toMatchObject({ code: 0 });
          expect(await readFile(copy, 'utf8')).toBe(await readFile(original, 'utf8'));
          await expect(runHere(restore, file, ...other)).rejects.toThrow('not empty');
          expect(await runHere(restore, file, '--force', ...other)).toMatchObject({ code: 0 });
        }
      } finally {
        if (server) await dropDatabase(server.url, name);
      }
    },
    SLOW,
  );

  it(
    'leaves what it was told to leave out',
    async () => {
      await using folder = await temporaryFolder();
      const tenantId = await engine.freshTenant();
      await fillTenant(engine, tenantId);
      const store = await storeFor(engine.db, { tenantId, role: 'system' });
      const tokens = await engine.db.query<{ id: string }>(
        {
          name: 'test_token',
          text: `insert into api_tokens (tenant_id, id, name, prefix, token_hash) values ($1, gen_random_uuid(), 'k', 'rcl_abc', 'hash-of-a-key') returning id`,
        },
        [store.principal.tenantId],
      );
      expect(tokens).toHaveLength(1);
      const file = path.join(folder.path, 'x.jsonl');
      await runHere(exportCommand, '--tenant', tenantId, '--out', file, ...place());
      expect(await readFile(file, 'utf8')).not.toContain('hash-of-a-key');
      await runHere(exportCommand, '--tenant', tenantId, '--out', file, '--with-accounts', ...place());
      expect(await readFile(file, 'utf8')).toContain('hash-of-a-key');
    },
    SLOW,
  );
});
