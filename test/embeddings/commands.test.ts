import { expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { EmbeddingServer, status } from './server.js';

const SLOW = 120_000;

describeEngines('recollect embeddings', (engine) => {
  const run = (command: string[], tenant: string, env: Record<string, string> = {}) => {
    const { url, dataDir } = engine.config;
    const place = url === null ? ['--data-dir', dataDir] : ['--database-url', url];
    return runCli(['embeddings', ...command, ...place, '--tenant', tenant], env);
  };
  const report = async (tenant: string, env: Record<string, string>) => JSON.parse((await run(['status', '--json'], tenant, env)).stdout);

  it(
    'embeds, tells where it stands and removes what is not needed any more, beside a process that has the database open',
    async () => {
      const tenantId = await engine.freshTenant();
      const store = await storeFor(engine.db, { tenantId });
      await store.turns.save({ messages: Array.from({ length: 50 }, (_, at) => ({ role: 'user' as const, content: `a cat ${at}` })) });
      await using server = await EmbeddingServer.start();
      const first = {
        RECOLLECT_EMBEDDINGS_URL: server.url,
        RECOLLECT_EMBEDDINGS_MODEL: 'first',
        RECOLLECT_EMBEDDINGS_API_KEY: 'sk-geheim',
      };
      const second = { ...first, RECOLLECT_EMBEDDINGS_MODEL: 'second' };

      expect(await run(['status'], tenantId)).toMatchObject({ code: 0, stdout: 'No embedding provider is configured.\n' });
      expect(await report(tenantId, first)).toMatchObject({ configured: { model: 'first' }, trouble: null, pending: 50, spaces: [] });
      expect(await run(['backfill'], tenantId, first)).toMatchObject({ code: 0, stdout: 'Everything is embedded.\n' });
      expect(await report(tenantId, second)).toMatchObject({
        pending: 50,
        spaces: [{ model: 'first', vectors: 50, pending: 0, state: 'answers' }],
      });
      expect(await run(['prune'], tenantId, second)).toMatchObject({ code: 1, stderr: expect.stringContaining('backfill') });
      expect((await run(['backfill'], tenantId, second)).code).toBe(0);
      expect(await report(tenantId, second)).toMatchObject({
        spaces: [
          { model: 'second', vectors: 50, state: 'answers' },
          { model: 'first', vectors: 50, state: 'earlier' },
        ],
      });
      expect(await run(['prune'], tenantId, second)).toMatchObject({ code: 0, stdout: 'Removed 50 vectors of earlier models.\n' });
      const shown = await run(['status', '--log-level', 'trace', '--log-sql'], tenantId, second);
      expect(shown.stdout).toMatch(/^The provider works\.$/m);
      expect(`${shown.stdout}${shown.stderr}`).not.toContain('geheim');
    },
    SLOW,
  );

  it(
    'says what is wrong with a provider that does not work, and fails',
    async () => {
      const tenantId = await engine.freshTenant();
      const store = await storeFor(engine.db, { tenantId });
      await store.turns.save({ messages: [{ role: 'user', content: 'a cat' }] });
      await using server = await EmbeddingServer.start(status(401));
      const env = { RECOLLECT_EMBEDDINGS_URL: server.url, RECOLLECT_EMBEDDINGS_MODEL: 'm' };
      expect(await report(tenantId, env)).toMatchObject({ trouble: 'it answered HTTP 401', pending: 1 });
      expect(await run(['backfill'], tenantId, env)).toMatchObject({ code: 1, stderr: expect.stringContaining('HTTP 401') });
      expect(await run(['backfill'], tenantId)).toMatchObject({ code: 2, stderr: expect.stringContaining('RECOLLECT_EMBEDDINGS_URL') });
    },
    SLOW,
  );
});
