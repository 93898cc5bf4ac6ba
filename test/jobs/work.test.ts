import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { jobs } from '../../src/jobs/index.js';
import { newSecret } from '../../src/secret.js';
import { EmbeddingServer } from '../embeddings/server.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { type Clock, serverOn } from './host.js';

const DAY = 24 * 60 * 60 * 1000;

describeEngines('each job', (engine) => {
  /** Runs one job as if somebody had asked for it. */
  const run = async (
    name: string,
    tenantId: string | null,
    { clock = { now: new Date() }, env = {} }: { clock?: Clock; env?: Record<string, string> } = {},
  ) => {
    const { loop, host } = await serverOn(engine.db, clock, jobs, env);
    const started = await loop.begin(jobs.find((job) => job.name === name)!, null, tenantId);
    const ended = await started!.finished;
    await loop.close();
    await host.embeddings.close();
    return ended;
  };
  const tenantWith = async (retention: object): Promise<string> => {
    const tenantId = await engine.freshTenant();
    await engine.models.Tenant.update({ settings: { retention } }, { where: { id: tenantId } });
    return tenantId;
  };
  const talk = async (tenantId: string) => {
    await using agent = await agentFor(engine, { tenantId });
    await agent.call('save_turn', { messages: [{ role: 'user', content: 'good morning' }] });
  };
  const statusOf = async (tenantId: string) =>
    (await engine.models.Conversation.findOne({ where: { tenantId }, rejectOnEmpty: true })).status;

  it('ends and archives what nobody has added to, and removes what is too old, where a policy says so', async () => {
    const tenantId = await tenantWith({ inactivity_timeout_minutes: 30, message_retention_days: 10 });
    const without = await engine.freshTenant();
    await talk(tenantId);
    await talk(without);
    const clock = { now: new Date(Date.now() + 20 * 60_000) };
    expect(await run('inactivity', tenantId, { clock })).toMatchObject({ status: 'succeeded', stats: { totals: {} } });
    expect(await statusOf(tenantId)).toBe('active');
    clock.now = new Date(Date.now() + 31 * 60_000);
    const ended = await run('inactivity', null, { clock });
    expect(ended).toMatchObject({ status: 'succeeded', stats: { totals: { conversations_timed_out: 1 } } });
    expect(ended.stats.tenants).toEqual({ [tenantId]: { figures: { conversations_timed_out: 1 } } });
    expect([await statusOf(tenantId), await statusOf(without)]).toEqual(['inactive_timeout', 'active']);

    clock.now = new Date(Date.now() + 11 * DAY);
    expect(await run('retention', null, { clock })).toMatchObject({ status: 'succeeded', stats: { totals: { messages_expired: 1 } } });
    expect(await engine.models.Message.count({ where: { tenantId } })).toBe(0);
    expect(await engine.models.Message.count({ where: { tenantId: without } })).toBe(1);
  });

  it('removes credentials that ended long ago, and no others', async () => {
    const [tenantId, stranger] = [await engine.freshTenant(), await engine.freshTenant()];
    const key = (of: string, name: string, ended: Date | null) =>
      engine.models.ApiToken.create({
        tenantId: of,
        name,
        role: 'service',
        prefix: newSecret('apiToken').slice(0, 12),
        tokenHash: randomUUID(),
        expiresAt: ended,
      });
    const ago = (days: number) => new Date(Date.now() - days * DAY);
    await key(tenantId, 'old', ago(100));
    await key(tenantId, 'ended', ago(5));
    await key(tenantId, 'good', null);
    await key(stranger, 'old', ago(100));
    await engine.models.UserLoginLockout.create({ tenantId, identifier: 'ann', lastAttemptAt: ago(2) });
    await engine.models.UserLoginLockout.create({ tenantId, identifier: 'bob', lastAttemptAt: new Date() });
    const { stats, status } = await run('expired_credentials', tenantId);
    expect([status, stats.totals]).toEqual(['succeeded', { api_tokens: 1, oauth_grants: 0, reset_tokens: 0, lockouts: 1 }]);
    const names = async (of: string) => (await engine.models.ApiToken.findAll({ where: { tenantId: of } })).map(({ name }) => name).sort();
    expect([await names(tenantId), await names(stranger)]).toEqual([['ended', 'good'], ['old']]);
    expect(await engine.models.UserLoginLockout.count({ where: { tenantId } })).toBe(1);
  });

  it('removes old runs of jobs when that is configured, and clients that never came back', async () => {
    const client = (externalId: string, createdAt: Date) =>
      engine.models.OauthClient.create({ externalId, redirectUris: ['http://localhost/'], createdAt, updatedAt: createdAt });
    const names = [randomUUID(), randomUUID()];
    await client(names[0]!, new Date(Date.now() - 3 * DAY));
    await client(names[1]!, new Date());
    await run('word_statistics', null, { clock: { now: new Date(Date.now() - 20 * DAY) } });
    const before = await engine.models.JobRun.count({ where: { job: 'word_statistics' } });
    await run('housekeeping', null, { env: { RECOLLECT_JOB_RUN_RETENTION_DAYS: '30' } });
    expect(await engine.models.JobRun.count({ where: { job: 'word_statistics' } })).toBe(before);
    expect((await engine.models.OauthClient.findAll()).map(({ externalId }) => externalId)).toEqual([names[1]]);
    const { stats } = await run('housekeeping', null, { env: { RECOLLECT_JOB_RUN_RETENTION_DAYS: '10' } });
    expect(stats.totals).toEqual({ job_runs: before, oauth_clients: 0 });
    expect(await engine.models.JobRun.count({ where: { job: 'word_statistics' } })).toBe(0);
  });

  it('embeds what a tenant has that nobody works with, and fails in words when the provider does', async () => {
    const tenantId = await engine.freshTenant();
    await talk(tenantId);
    await using provider = await EmbeddingServer.start();
    const env = { RECOLLECT_EMBEDDINGS_URL: provider.url, RECOLLECT_EMBEDDINGS_MODEL: 'first' };
    expect(await run('embeddings', tenantId, { env })).toMatchObject({ status: 'succeeded', stats: { totals: { vectors: 1 } } });
    expect(await engine.models.MessageVector.count({ where: { tenantId } })).toBe(1);
    expect(await run('embeddings', tenantId, { env })).toMatchObject({ stats: { totals: { vectors: 0 } } });
    await talk(tenantId);
    await provider.down();
    const failed = await run('embeddings', tenantId, { env });
    expect(failed).toMatchObject({ status: 'failed', error: `It failed for tenant ${tenantId}.` });
    expect(failed.stats.tenants?.[tenantId]?.error).toMatch(/^The embedding provider does not work/);
  });

  it('counts words that a process left waiting, and leaves a large corpus of a lone engine to doctor', async () => {
    const tenantId = await engine.freshTenant();
    await talk(tenantId);
    expect(await engine.models.CorpusChange.count({ where: { tenantId } })).toBeGreaterThan(0);
    expect((await run('word_statistics', tenantId)).stats.totals).toMatchObject({ checked: 1, wrong: 0 });
    expect(await engine.models.CorpusChange.count({ where: { tenantId } })).toBe(0);
    await engine.models.CorpusTotal.update({ documents: 30_000 }, { where: { tenantId, source: 'message' } });
    const { stats } = await run('word_statistics', tenantId);
    if (engine.db.capabilities.concurrentTransactions) expect(stats.totals).toMatchObject({ checked: 1, rebuilt: 0, left_to_doctor: 1 });
    else expect(stats.totals).toEqual({ checked: 0, wrong: 0, rebuilt: 0, left_to_doctor: 1 });
  });

  it('analyzes a table that has grown and that nobody has looked at', async () => {
    const { url } = engine.config;
    if (url === null)
      return expect(
        jobs.find(({ name }) => name === 'database_care')!.applies?.((await serverOn(engine.db, { now: new Date() }, [])).host.config),
      ).toBe(false);
    const table = `grown_${randomUUID().slice(0, 8)}`;
    const sql = (text: string) => engine.db.sequelize.query(text);
    await sql(
      `create table ${table} with (autovacuum_enabled = off) as select n, repeat('x', 200) as text from generate_series(1, 8000) n`,
    );
    try {
      const done = await run('database_care', null, { env: { RECOLLECT_DATABASE_URL: url } });
      expect(done).toMatchObject({ status: 'succeeded', stats: { totals: { vacuumed: 0 } } });
      expect(done.stats.totals!.analyzed).toBeGreaterThan(0);
      const [[row]] = (await sql(`select reltuples::int as rows from pg_class where relname = '${table}'`)) as unknown as [
        [{ rows: number }],
      ];
      expect(row.rows).toBe(8000);
      expect((await run('database_care', null, { env: { RECOLLECT_DATABASE_URL: url } })).stats.totals).toEqual({
        analyzed: 0,
        vacuumed: 0,
      });
    } finally {
      await sql(`drop table ${table}`);
    }
  });
});
