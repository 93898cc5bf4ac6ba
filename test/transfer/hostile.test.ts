import { expect, it } from 'vitest';
import { exportTenant } from '../../src/services/transfer/export-tenant.js';
import { importTenant } from '../../src/services/transfer/import-tenant.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { fillTenant } from './fill-tenant.js';

describeEngines('files that are not as they should be', (engine) => {
  const system = (tenantId: string) => storeFor(engine.db, { tenantId, role: 'system' });

  async function written(choice: object = {}): Promise<{ text: string; tenantId: string }> {
    const tenantId = await engine.freshTenant();
    await fillTenant(engine, tenantId);
    let text = '';
    await exportTenant(await system(tenantId), {
      choice,
      async sink(part) {
        text += part;
      },
    });
    return { text, tenantId };
  }

  async function take(text: string | Uint8Array, tenantId: string) {
    async function* bytes() {
      yield typeof text === 'string' ? Buffer.from(text) : text;
    }
    return importTenant(await system(tenantId), bytes());
  }

  const conversations = async (tenantId: string) =>
    engine.db.query<{ id: string; said: number; says: number }>(
      {
        name: 'test_conversations',
        text: `select c.id, c.message_count as says, (select count(*)::int from messages m
               where m.tenant_id = $1 and m.conversation_id = c.id and m.deleted_at is null) as said
               from conversations c where c.tenant_id = $1`,
      },
      [tenantId],
    );

  it('store whole conversations only of a file that ends anywhere', async () => {
    const { text } = await written();
    for (const part of [0.2, 0.5, 0.7, 0.95]) {
      const to = await engine.freshTenant();
      await expect(take(text.slice(0, Math.floor(text.length * part)), to)).rejects.toThrow('ends in the middle');
      for (const { said, says } of await conversations(to)) expect(said).toBe(says);
    }
  });

  it.each<[string, (lines: string[]) => string[], string]>([
    ['a newer version', (lines) => [lines[0]!.replace('"version":1', '"version":2'), ...lines.slice(1)], 'version 2'],
    ['a column of tomorrow', (lines) => [lines[0]!.replace('"user":["', '"user":["aura","'), ...lines.slice(1)], 'newer version'],
    ['a type of tomorrow', (lines) => [lines[0]!, '{"type":"hologram","data":{}}', ...lines.slice(1)], 'hologram'],
    ['another format', (lines) => ['{"type":"header","format":"other"}', ...lines.slice(1)], 'does not begin'],
    ['a backup', (lines) => [lines[0]!.replace('"recollect"', '"recollect-backup"'), ...lines.slice(1)], 'a backup of a whole server'],
    [
      'a line that is no JSON',
      (lines) => lines.map((line) => (line.includes('"type":"message"') ? line.replace('"seq"', 'seq') : line)),
      'cannot be stored',
    ],
    ['a wrong type', (lines) => lines.map((line) => line.replace(/"turn":\d+/, '"turn":"often"')), 'cannot be stored'],
    ['a role that there is not', (lines) => lines.map((line) => line.replace('"role":"user"', '"role":"pirate"')), 'messages_role_check'],
    ['a user who is nowhere', (lines) => lines.filter((line) => !line.startsWith('{"type":"user"')), 'conversations_user_id_fk'],
    ['nothing', () => [], 'ends in the middle'],
  ])('refuse %s, and store nothing', async (_, change, why) => {
    const { text } = await written();
    const to = await engine.freshTenant();
    const broken = change(text.trimEnd().split('\n'));
    await expect(take(broken.length === 0 ? '' : `${broken.join('\n')}\n`, to)).rejects.toThrow(why);
    expect(await conversations(to)).toEqual([]);
  });

  it('refuse bytes that are no text', async () => {
    const { text } = await written();
    const bytes = Buffer.from(text);
    bytes[bytes.indexOf('A boat')] = 0xff;
    await expect(take(bytes, await engine.freshTenant())).rejects.toThrow('UTF-8');
  });

  it('let a row of one conversation into no other', async () => {
    const { text } = await written();
    const to = await engine.freshTenant();
    await take(text, to);
    const before = await conversations(to);
    // A new conversation whose file smuggles messages into one that is here.
    const other = await written();
    const victim = before[0]!.id;
    const own = /"type":"conversation","data":\{[^\n]*?"id":"([0-9a-f-]{36})"/.exec(other.text)![1]!;
    const smuggled = other.text.replaceAll(`"conversation_id":"${own}"`, `"conversation_id":"${victim}"`);
    await take(smuggled, to);
    const after = await conversations(to);
    expect(after.find(({ id }) => id === victim)).toEqual(before.find(({ id }) => id === victim));
    for (const { said, says } of after) expect(said).toBe(says);
  });

  it('join what has the same name here, under the ids that are here', async () => {
    const to = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId: to });
    await store.turns.save({ conversationKey: 'own', user: 'anna', messages: [{ role: 'user', content: 'I was here before.' }] });
    await store.graph.upsert({ nodes: [{ key: 'Anna', type: 'woman', observations: [{ text: 'bakes' }, { text: 'paints' }] }] });
    const { text } = await written();
    const { report } = await take(text, to);
    expect(report.rows.user).toEqual({ read: 2, added: 1 });
    const { items } = await store.conversations.list({ user: 'anna' }, { limit: 10 });
    expect(items.map(({ conversationKey }) => conversationKey).sort()).toEqual(['cake', 'own']);
    const [anna] = await store.graph.open(['Anna']);
    expect(anna?.type).toBe('woman');
    expect(anna?.observations.map((each) => each.text).sort()).toEqual(['bakes', 'paints', 'sails']);
    const { report: again } = await take(text, to);
    for (const [type, { added }] of Object.entries(again.rows)) expect([type, added]).toEqual([type, 0]);
  });

  it('leave a conversation out whose key another one has here, and say so', async () => {
    const to = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId: to });
    await store.turns.save({ conversationKey: 'boat', user: 'ben', messages: [{ role: 'user', content: 'My own boat.' }] });
    const { text } = await written();
    const { report } = await take(text, to);
    expect(report.rejected).toEqual([{ what: expect.stringContaining('conversation'), why: expect.stringContaining('conversation_key') }]);
    expect((await conversations(to)).every(({ said, says }) => said === says)).toBe(true);
  });

  it('write one user or one conversation, and no secret of anybody', async () => {
    const anna = (await written({ user: 'anna' })).text;
    expect(anna).toContain('Anna lives in Kiel');
    for (const other of ['A boat needs water', 'Everybody likes tea', '"ben"']) expect(anna).not.toContain(other);
    const { tenantId } = await written();
    const [one] = await conversations(tenantId);
    let text = '';
    await exportTenant(await system(tenantId), {
      choice: { conversation: one!.id },
      async sink(part) {
        text += part;
      },
    });
    expect(text.match(/"type":"conversation"/g)).toHaveLength(1);
    expect(text).not.toContain('"type":"memory"');
    await expect(written({ user: 'nobody' })).rejects.toThrow('No user nobody');
    await take(text, await engine.freshTenant());
  });
});
