import { expect, it } from 'vitest';
import { JobRecords } from '../../src/repository/system/jobs.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

describeEngines('the tools for jobs', (engine) => {
  const adminOf = (tenantId: string) => agentFor(engine, { tenantId, role: 'admin' });
  type Listed = { name: string; runs: { id: string; status: string; figures: object }[] };
  const jobNamed = async (agent: Awaited<ReturnType<typeof adminOf>>, name: string): Promise<Listed> =>
    (await agent.call('list_jobs', { runs: 20 })).jobs.find((job: Listed) => job.name === name);

  it('run a job for one tenant and tell what it did, to that tenant alone', async () => {
    const [ours, theirs] = [await engine.freshTenant(), await engine.freshTenant()];
    await using admin = await adminOf(ours);
    await using stranger = await adminOf(theirs);
    await admin.call('save_turn', { messages: [{ role: 'user', content: 'a few words to count' }] });
    await engine.models.CorpusTerm.create({
      ...{ tenantId: ours, source: 'message', scopeId: '00000000-0000-0000-0000-000000000000' },
      ...{ lexeme: 'phantom', documents: 3 },
    });
    const { run } = await admin.call('run_job', { job: 'word_statistics' });
    expect(run).toMatchObject({ job: 'word_statistics', status: 'succeeded', figures: { checked: 1, wrong: 1, rebuilt: 1 } });
    expect((await jobNamed(admin, 'word_statistics')).runs.map(({ id }) => id)).toContain(run.id);
    expect((await jobNamed(stranger, 'word_statistics')).runs.map(({ id }) => id)).not.toContain(run.id);
    expect((await admin.call('run_job', { job: 'word_statistics' })).run.figures).toMatchObject({ checked: 1, wrong: 0, rebuilt: 0 });
    expect(await admin.text('run_job', { job: 'word_statistics' })).toMatch(/^word_statistics succeeded in .* s, started .*: checked 1$/);
  });

  it('show a tenant its part of a run for all, and no more', async () => {
    const [ours, theirs, third] = [await engine.freshTenant(), await engine.freshTenant(), await engine.freshTenant()];
    const records = new JobRecords(engine.db, () => new Date());
    await using admin = await adminOf(ours);
    await admin.call('list_jobs');
    const claim = await records.claim({ job: 'word_statistics', slot: null, tenantId: null, leaseMs: 60_000 });
    const tenants = { [ours]: { figures: { rebuilt: 1 } }, [theirs]: { error: 'something about them' } };
    const error = `It failed for tenant ${theirs}.`;
    await records.finish('word_statistics', claim!.runId, {
      status: 'failed',
      stats: { totals: { rebuilt: 5 }, tenants },
      error,
      retryAt: null,
    });
    const seenBy = async (tenantId: string) => {
      await using agent = await adminOf(tenantId);
      const job = await jobNamed(agent, 'word_statistics');
      return job.runs.find(({ id }) => id === claim!.runId);
    };
    expect(await seenBy(ours)).toMatchObject({ status: 'succeeded', figures: { rebuilt: 1 } });
    expect(JSON.stringify(await seenBy(ours))).not.toContain(theirs);
    expect(await seenBy(theirs)).toMatchObject({ status: 'failed', figures: {}, error: 'something about them' });
    expect(await seenBy(third)).toMatchObject({ status: 'succeeded', figures: {} });
  });

  it('list every job, and refuse one that is running, is unknown or has nothing to do', async () => {
    const tenantId = await engine.freshTenant();
    await using admin = await adminOf(tenantId);
    const { jobs } = await admin.call('list_jobs', { runs: 0 });
    expect(jobs.find(({ name }: Listed) => name === 'housekeeping')).toMatchObject({
      ...{ schedule: '50 * * * *', time_zone: 'UTC', enabled: true, applies: true, running: false, runs: [] },
      next_at: expect.stringMatching(/:50:00\.000Z$/),
    });
    expect(jobs.find(({ name }: Listed) => name === 'embeddings')).toMatchObject({ applies: false, next_at: null });
    expect(await admin.text('list_jobs')).toMatch(/^embeddings: .*nothing to do with this configuration/m);

    const records = new JobRecords(engine.db, () => new Date());
    const claim = await records.claim({ job: 'housekeeping', slot: null, tenantId: null, leaseMs: 60_000 });
    expect(await admin.refusal('run_job', { job: 'housekeeping' })).toMatch(/running already/);
    expect((await jobNamed(admin, 'housekeeping')).runs).toMatchObject([{ status: 'running' }]);
    await records.finish('housekeeping', claim!.runId, { status: 'succeeded', stats: {}, error: null, retryAt: null });
    expect((await admin.call('run_job', { job: 'housekeeping', wait_seconds: 25 })).run.status).toBe('succeeded');
    expect(await admin.refusal('run_job', { job: 'housekeping' })).toMatch(/Did you mean housekeeping/);
    expect(await admin.refusal('run_job', { job: 'embeddings' })).toMatch(/nothing to do for embeddings/);
  });

  it('are for administrators', async () => {
    const tenantId = await engine.freshTenant();
    for (const who of [{ tenantId }, { tenantId, user: 'ann' }]) {
      await using agent = await agentFor(engine, who);
      await agent.call('list_conversations');
      const { tools } = await agent.client.listTools();
      expect(tools.filter(({ name }) => /_jobs?$/.test(name))).toEqual([]);
      await expect(agent.call('run_job', { job: 'housekeeping' })).rejects.toThrow(/Unknown tool/);
    }
  });
});
