import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import jobs from '../../src/cli/commands/jobs.js';
import { JobRecords } from '../../src/repository/system/jobs.js';
import { describeEngines } from '../support/engines.js';
import { runHere } from './run-here.js';

describeEngines('recollect jobs', (engine) => {
  const run = (...args: string[]) => {
    const { url, dataDir } = engine.config;
    return runHere(jobs, ...args, ...(url === null ? ['--data-dir', dataDir] : ['--database-url', url]));
  };

  it('runs a job for every tenant, or for one, and lists what it did', async () => {
    const [one, other] = [await engine.freshTenant(), await engine.freshTenant()];
    for (const tenantId of [one, other])
      await engine.models.CorpusTerm.create({
        ...{ tenantId, source: 'message', scopeId: '00000000-0000-0000-0000-000000000000' },
        ...{ lexeme: 'phantom', documents: 3 },
      });
    const only = await run('run', 'word-statistics', '--tenant', one);
    expect(only).toMatchObject({ code: 0, lines: [expect.stringMatching(new RegExp(`^word_statistics  succeeded  .* for ${one}`))] });
    const all = await run('run', 'word_statistics', '--json');
    expect(all.json).toMatchObject({ job: 'word_statistics', status: 'succeeded', tenant: null, due_at: null, error: null });
    const listed = await run('list', '--runs', '2', '--json');
    const job = (listed.json as { name: string; runs: object[] }[]).find(({ name }) => name === 'word_statistics')!;
    expect(job.runs).toMatchObject([
      { tenant: null, status: 'succeeded' },
      { tenant: one, status: 'succeeded' },
    ]);
    const { lines } = await run('list');
    expect(lines.join('\n')).toMatch(
      /^word_statistics {2}20 3 \* \* \* \(UTC\), next \d{4}-\d\d-\d\d 03:20 UTC\n {2}counts .*\n {2}succeeded {2}\S+ {2}[\d.]+ s$/m,
    );
  });

  it('switches a job off for everybody, and on again', async () => {
    expect((await run('disable', 'housekeeping')).lines).toEqual([expect.stringMatching(/^housekeeping is switched off/)]);
    expect((await run('list')).lines.find((line) => line.startsWith('housekeeping'))).toBe('housekeeping  switched off');
    expect((await new JobRecords(engine.db, () => new Date()).list()).find(({ name }) => name === 'housekeeping')).toMatchObject({
      enabled: false,
    });
    // Whoever asks for it gets it.
    expect((await run('run', 'housekeeping')).code).toBe(0);
    await run('enable', 'housekeeping');
    expect((await run('list')).lines.find((line) => line.startsWith('housekeeping'))).toMatch(/next/);
  });

  it('says what is wrong with a name, a number or a tenant', async () => {
    await expect(run('run', 'retentoin')).rejects.toThrow(/No job retentoin/);
    await expect(run('disable', randomUUID())).rejects.toThrow(/No job/);
    await expect(run('list', '--runs', 'many')).rejects.toThrow(/--runs must be/);
    await expect(run('run', 'retention', '--tenant', 'nobody')).rejects.toThrow(/no tenant "nobody"/);
    await expect(run('run', 'embeddings')).rejects.toThrow(/nothing to do for embeddings/);
  });
});
