import { beforeAll, expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { exportTenant } from '../../src/services/transfer/export-tenant.js';
import { importTenant, type TenantImportOptions } from '../../src/services/transfer/import-tenant.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

/** Ten groups of about a thousand rows, of which a server writes four at once. */
const [CONVERSATIONS, MESSAGES] = [50, 100];

describeEngines('an import of many transactions', (engine) => {
  let file: string;
  const system = (tenantId: string) => storeFor(engine.db, { tenantId, role: 'system' });
  const exported = async (tenantId: string): Promise<string> => {
    let text = '';
    await exportTenant(await system(tenantId), {
      choice: {},
      async sink(part) {
        text += part;
      },
    });
    return text;
  };
  const take = async (text: string, tenantId: string, options: TenantImportOptions = {}) => {
    async function* bytes() {
      for (let at = 0; at < text.length; at += 50_000) yield Buffer.from(text.slice(at, at + 50_000));
    }
    return importTenant(await system(tenantId), bytes(), options);
  };
  /** How many conversations are there, each with all of its messages. */
  const whole = async (tenantId: string): Promise<number> => {
    const there = await engine.models.Conversation.findAll({ where: { tenantId } });
    for (const { id, messageCount } of there)
      expect([messageCount, await engine.models.Message.count({ where: { tenantId, conversationId: id } })]).toEqual([MESSAGES, MESSAGES]);
    return there.length;
  };

  beforeAll(async () => {
    const from = await engine.freshTenant();
    const store = await storeFor(engine.db, { tenantId: from });
    for (let at = 0; at < CONVERSATIONS; at += 1)
      await store.turns.save({
        user: `user-${at % 3}`,
        messages: Array.from({ length: MESSAGES }, (_, seq) => ({
          role: seq % 2 ? 'assistant' : 'user',
          content: `words ${at} and ${seq}`,
        })),
      });
    file = await exported(from);
  });

  it('goes on where it was stopped, and counts all words once', async () => {
    const to = await engine.freshTenant();
    const stop = new AbortController();
    await take(file, to, { signal: stop.signal, progress: ({ rows }) => rows.conversation && stop.abort() });
    const there = await whole(to);
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(CONVERSATIONS);
    const { report } = await take(file, to);
    expect(report.rows.message).toEqual({ read: CONVERSATIONS * MESSAGES, added: (CONVERSATIONS - there) * MESSAGES });
    expect(await exported(to)).toBe(file);
    const folder = new CorpusFolder(engine.db, () => new Date());
    const told: number[] = [];
    await folder.foldMuch(to, { progress: (documents) => told.push(documents) });
    expect(told.at(-1)).toBe(CONVERSATIONS * MESSAGES);
    expect(await folder.verify(to)).toMatchObject({ waiting: 0, wrong: 0 });
  });

  it('stores whole conversations only when one of them cannot be stored, says why, and takes the rest another time', async () => {
    const to = await engine.freshTenant();
    const at = file.lastIndexOf('"role":"user"');
    const bad = `${file.slice(0, at)}"role":"pirate"${file.slice(at + '"role":"user"'.length)}`;
    await expect(take(bad, to)).rejects.toThrow('messages_role_check');
    expect(await whole(to)).toBeLessThan(CONVERSATIONS);
    await take(file, to);
    expect(await whole(to)).toBe(CONVERSATIONS);
  });

  it('tells of a key that two conversations of it have, however far apart', async () => {
    const to = await engine.freshTenant();
    const keyed = (text: string, from: number) => {
      const at = text.indexOf('"conversation_key":null', from);
      return `${text.slice(0, at)}"conversation_key":"same"${text.slice(at + '"conversation_key":null'.length)}`;
    };
    const last = file.lastIndexOf('"type":"conversation"');
    const { report } = await take(keyed(keyed(file, last), 0), to);
    expect(report.rejected).toEqual([
      { what: expect.stringContaining('conversation '), why: expect.stringContaining('same conversation_key') },
    ]);
    expect(await whole(to)).toBe(CONVERSATIONS - 1);
    const again = await take(keyed(keyed(file, last), 0), to);
    expect(again.report.rejected).toHaveLength(1);
    expect(again.report.rows.conversation).toEqual({ read: CONVERSATIONS, added: 0 });
  });
});
