import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BackupRepository } from '../../src/repository/system/backup.js';
import { backUp, restore } from '../../src/services/transfer/backup.js';
import { checkFile } from '../../src/services/transfer/check-file.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';
import { fillTenant } from './fill-tenant.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recollect-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const stripped = (text: string) =>
  text.split('\n').filter((line) => !line.startsWith('{"type":"header"') && !line.startsWith('{"type":"end"'));

async function* bytes(text: string) {
  yield Buffer.from(text);
}

describeEngines('backup and restore', (engine) => {
  const written = async () => {
    let text = '';
    await backUp(new BackupRepository(engine.db), async (part) => {
      text += part;
    });
    return text;
  };

  it('brings every tenant back, and refuses nothing of it', async () => {
    const backup = new BackupRepository(engine.db);
    const [one, two] = [await engine.freshTenant(), await engine.freshTenant()];
    await fillTenant(engine, one);
    await fillTenant(engine, two);
    const before = await written();
    expect((await backup.filled()).sort()).toEqual([one, two].sort());
    await backup.clear();
    expect(await backup.filled()).toEqual([]);
    const reports = await restore(backup, bytes(before));
    expect(Object.keys(reports).sort()).toEqual([one, two].sort());
    for (const { rejected } of Object.values(reports)) expect(rejected).toEqual([]);
    expect(stripped(await written())).toEqual(stripped(before));
  });

  it('holds a state that there was, while turns are saved', async () => {
    const tenantId = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId });
    let saved = 0;
    let going = true;
    const writing = Promise.all(
      ['a', 'b', 'c'].map(async (writer) => {
        while (going) {
          const messages = [0, 1, 2].map((at) => ({ role: 'user' as const, content: `${writer} ${saved} ${at}` }));
          await store.turns.save({ conversationKey: writer, messages });
          saved += 1;
        }
      }),
    );
    while (saved < 20) await new Promise((resolve) => setImmediate(resolve));
    const atLeast = saved;
    const text = await written();
    const atMost = saved + 3;
    going = false;
    await writing;

    const rows = text
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { type: string; data: Record<string, number & string> }]));
    const at = rows.findIndex(({ type, data }) => type === 'in_tenant' && data.id === tenantId);
    const next = rows.findIndex(({ type }, index) => index > at && type === 'in_tenant');
    const own = rows.slice(at, next < 0 ? undefined : next);
    const conversations = own.filter(({ type }) => type === 'conversation');
    const messages = own.filter(({ type }) => type === 'message');
    expect(conversations).toHaveLength(3);
    for (const { data } of conversations) {
      const said = messages.filter((message) => message.data.conversation_id === data.id);
      // Whole turns of three, and as many as the conversation says.
      expect([said.length % 3, said.length]).toEqual([0, data.message_count]);
      expect(said.map((message) => message.data.seq)).toEqual(said.map((_, index) => index + 1));
    }
    expect(messages.length / 3).toBeGreaterThanOrEqual(atLeast);
    expect(messages.length / 3).toBeLessThanOrEqual(atMost);
  });

  it('says when a file is not as it was written', async () => {
    const tenantId = await engine.freshTenant();
    await fillTenant(engine, tenantId);
    const file = path.join(folder, `${engine.name}.jsonl`);
    const text = await written();
    await writeFile(file, text);
    expect((await checkFile(file)).tenants).toContain(tenantId);
    await writeFile(file, text.replace('A boat needs water.', 'A boat needs wine!!'));
    await expect(checkFile(file)).rejects.toThrow('checksum');
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, -300));
    await expect(checkFile(file)).rejects.toThrow('ends in the middle');
  });
});
