import { expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { exportTenant } from '../../src/services/transfer/export-tenant.js';
import { importTenant } from '../../src/services/transfer/import-tenant.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { fillTenant } from './fill-tenant.js';

/** What one engine wrote, for the other. */
const written: string[] = [];

describeEngines('export and import', (engine) => {
  const system = (tenantId: string) => storeFor(engine.db, { tenantId, role: 'system' });

  it('brings a tenant over without a difference', async () => {
    const from = await engine.freshTenant();
    await fillTenant(engine, from);
    const file = await exported(engine, from);
    written.push(file);
    const to = await engine.freshTenant();
    const { report, settings } = await importTenant(await system(to), bytes(file));
    expect(settings).toBe(true);
    expect(report.rejected).toEqual([]);
    for (const [type, { read, added }] of Object.entries(report.rows)) expect([type, added]).toEqual([type, read]);
    expect(await exported(engine, to)).toBe(file);
    expect(Object.keys(report.rows).sort()).toEqual([
      ...['asset', 'conversation', 'device', 'edge', 'event', 'memory', 'message', 'message_vector', 'node', 'node_version'],
      ...['observation', 'past_event', 'session', 'task', 'user'],
    ]);
  });

  it('takes the same file again and changes nothing', async () => {
    const to = await engine.freshTenant();
    const file = written.at(-1)!;
    await importTenant(await system(to), bytes(file));
    const { report } = await importTenant(await system(to), bytes(file));
    for (const [type, { added }] of Object.entries(report.rows)) expect([type, added]).toEqual([type, 0]);
    expect(await exported(engine, to)).toBe(file);
  });

  it('takes what the other engine wrote', async () => {
    for (const file of written) {
      const to = await engine.freshTenant();
      await importTenant(await system(to), bytes(file));
      expect(await exported(engine, to)).toBe(file);
    }
  });

  it('lets what was brought be found, its words counted', async () => {
    const to = await engine.freshTenant();
    await importTenant(await system(to), bytes(written.at(-1)!));
    const folder = new CorpusFolder(engine.db, () => new Date());
    await folder.foldAll(to);
    expect(await folder.verify(to)).toMatchObject({ waiting: 0, wrong: 0 });
    const store = await storeFor(engine.db, { tenantId: to });
    const [anna] = await store.graph.open(['Anna']);
    expect(anna?.observations.map(({ text }) => text)).toEqual(['bakes', 'sails']);
    const { events } = await store.events.poll({ after: '', limit: 100 });
    expect(events.length).toBeGreaterThan(8);
  });
});

async function exported(engine: TestEngine, tenantId: string): Promise<string> {
  const store = await storeFor(engine.db, { tenantId, role: 'system' });
  let text = '';
  await exportTenant(store, {
    choice: {},
    async sink(part) {
      text += part;
    },
  });
  return text;
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  // Pieces that break lines, characters and numbers anywhere.
  for (let at = 0; at < all.length; at += 997) yield all.subarray(at, at + 997);
}
