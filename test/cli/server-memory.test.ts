import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startReference } from '../support/reference-memory.js';
import { runCli, temporaryFolder } from './run-cli.js';

const SLOW = 120_000;

const ENTITIES = [
  { name: 'Alice', entityType: 'person', observations: ['likes tea', 'a "quoted" line\nand another 😀'] },
  { name: 'Acme', entityType: '', observations: [] },
];
const RELATIONS = [
  { from: 'Alice', to: 'Acme', relationType: 'works_at' },
  { from: 'Alice', to: 'Nowhere', relationType: 'visits' },
];

describe('import and export of server-memory', () => {
  const inFolder = (folder: string) => (args: string[]) =>
    runCli([args[0]!, '--format', 'server-memory', ...args.slice(1), '--data-dir', path.join(folder, 'data')]);

  it(
    'bring a file of the reference in, change nothing when repeated, and write the same bytes',
    async () => {
      await using reference = await startReference();
      await reference.client.callTool({ name: 'create_entities', arguments: { entities: ENTITIES } });
      await reference.client.callTool({ name: 'create_relations', arguments: { relations: RELATIONS } });
      await using folder = await temporaryFolder();
      const run = inFolder(folder.path);

      const first = await run(['import', reference.file]);
      expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('2, 2 of them new, with 2 new observations') });
      expect(first.stdout).toMatch(/relations +2, 2 of them new/);
      const again = await run(['import', reference.file]);
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('2, 0 of them new, with 0 new observations') });

      const written = path.join(folder.path, 'out.jsonl');
      expect(await run(['export', '--out', written])).toMatchObject({ code: 0, stdout: '' });
      const original = await readFile(reference.file, 'utf8');
      expect(await readFile(written, 'utf8')).toBe(original);
      expect((await run(['export'])).stdout).toBe(original);
      expect((await readdir(folder.path)).filter((file) => file.endsWith('.tmp'))).toEqual([]);

      // The reference reads what we write.
      await writeFile(reference.file, await readFile(written));
      expect((await reference.client.callTool({ name: 'read_graph', arguments: {} })).structuredContent).toEqual({
        entities: ENTITIES,
        relations: RELATIONS,
      });
    },
    SLOW,
  );

  it(
    'report each line that cannot be stored with its number, and store the others',
    async () => {
      await using folder = await temporaryFolder();
      const file = path.join(folder.path, 'memory.jsonl');
      const lines = [
        `\uFEFF${JSON.stringify({ type: 'entity', ...ENTITIES[0] })}`,
        '{"type":"entity","name":"half',
        '',
        '{"type":"relation","from":"Alice","to":"Alice"}',
        '{"type":"secret"}',
        '{"type":"entity","name":"Bob","entityType":"person","observations":["fine",7]}',
        '[]',
        JSON.stringify({ type: 'entity', name: 'n'.repeat(5_000), entityType: 'long', observations: [] }),
        `${JSON.stringify({ type: 'relation', ...RELATIONS[1] })}\r`,
      ];
      await writeFile(file, lines.join('\n'));
      const { code, stdout, stderr } = await inFolder(folder.path)(['import', file]);
      const reported = stderr.split('\n').filter((line) => line.startsWith('line '));
      expect(reported.map((line) => Number(/^line (\d+):/.exec(line)?.[1])).sort()).toEqual([2, 4, 5, 6, 7, 8]);
      for (const problem of [
        'line 2: is not JSON',
        'line 4: relation: relationType ',
        'line 6: entity: observations[1] ',
        'line 8: entity: name is longer',
      ])
        expect(reported.join('\n')).toContain(problem);
      expect(code).toBe(1);
      expect(stdout).toMatch(/not stored +6 lines/);
      expect((await inFolder(folder.path)(['export'])).stdout).toBe([lines[0]!.slice(1), lines[8]!.trim()].join('\n'));
    },
    SLOW,
  );

  it('refuse an unknown format and a file that is not there', async () => {
    expect(await runCli(['import', 'x', '--format', 'csv'])).toMatchObject({ code: 2, stderr: expect.stringContaining('server-memory') });
    expect(await runCli(['export', '--format', 'csv'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--format') });
    expect(await runCli(['import', '/does/not/exist', '--format', 'server-memory'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be read'),
    });
  });
});
