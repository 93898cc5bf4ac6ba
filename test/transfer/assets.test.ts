import { expect, it } from 'vitest';
import { checkAttachments } from '../../src/cli/doctor/queries.js';
import { loadConfig } from '../../src/config.js';
import { takesAsset } from '../../src/repository/limits.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const BYTES = Buffer.from([0, 1, 2, 250, 251, 255]);

describeEngines('attachments over MCP', (engine) => {
  it('go in as bytes or links, come out as they were, and go with their message', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const saved = await agent.call('save_turn', {
      messages: [
        {
          role: 'user',
          content: 'Look at these.',
          attachments: [
            { name: 'a.bin', mime_type: 'application/octet-stream', data: BYTES.toString('base64') },
            { name: 'b', mime_type: 'text/html', uri: 'https://example.org/b' },
          ],
        },
      ],
    });
    const { messages } = await agent.call('load_history', { conversation_id: saved.conversation_id });
    const [one, two] = messages[0].attachments as { id: string; size?: number; uri?: string }[];
    expect(one).toMatchObject({ name: 'a.bin', mime_type: 'application/octet-stream', size: BYTES.length });
    const read = async (id: string) => (await agent.client.readResource({ uri: `memory://assets/${id}` })).contents[0];
    expect(await read(one!.id)).toMatchObject({ mimeType: 'application/octet-stream', blob: BYTES.toString('base64') });
    expect(await read(two!.id)).toMatchObject({ mimeType: 'text/uri-list', text: 'https://example.org/b' });
    await agent.call('delete_message', { message_id: saved.messages[0].id, mode: 'hard' });
    await expect(read(one!.id)).rejects.toThrow('No asset');
    expect(await checkAttachments(engine.db.sequelize)).toMatchObject({ orphans: 0, miscounted: 0 });
  });

  it('are refused by type and size, with nothing saved', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId, limits: { maxAssetBytes: 4, assetTypes: ['image/*', 'text/plain'] } });
    const save = (mimeType: string, data: Buffer) =>
      store.turns.save({ messages: [{ role: 'user', content: 'x', assets: [{ name: 'a', mimeType, data }] }] });
    await save('image/png', BYTES.subarray(0, 4));
    await save('Text/Plain; charset=utf-8', BYTES.subarray(0, 4));
    await expect(save('application/pdf', BYTES.subarray(0, 1))).rejects.toThrow('which is not taken');
    await expect(save('image/png', BYTES)).rejects.toThrow('the limit is 4');
    expect((await store.conversations.list({}, { limit: 10 })).items).toHaveLength(2);
  });

  it('are looked at by doctor', async () => {
    const store = await storeFor(engine.db, { tenantId: await engine.freshTenant() });
    const { messages } = await store.turns.save({
      messages: [{ role: 'user', content: 'x', assets: [{ name: 'a', mimeType: 'text/plain', data: BYTES }] }],
    });
    const change = (count: number) =>
      engine.db.query({ name: 'test_count', text: 'update messages set asset_count = $2::int where id = $1::uuid' }, [
        messages[0]!.id,
        count,
      ]);
    await change(2);
    expect(await checkAttachments(engine.db.sequelize)).toMatchObject({ miscounted: 1 });
    await change(1);
    expect(await checkAttachments(engine.db.sequelize)).toMatchObject({ orphans: 0, miscounted: 0 });
  });
});

it('the setting says which types are taken', () => {
  const { assetTypes } = loadConfig({}, { RECOLLECT_ASSET_TYPES: 'image/*, Application/PDF' });
  expect(assetTypes).toEqual(['image/*', 'application/pdf']);
  const limits = { maxMessageBytes: 1, maxAssetBytes: 1, assetTypes };
  expect(['image/svg+xml', 'application/pdf', 'text/html', 'imagex/png'].map((type) => takesAsset(limits, type))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  for (const wrong of ['image', 'a/b/c', ',', '*/png'])
    expect(() => loadConfig({}, { RECOLLECT_ASSET_TYPES: wrong })).toThrow('RECOLLECT_ASSET_TYPES');
});
