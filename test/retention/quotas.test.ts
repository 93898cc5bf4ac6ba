import { expect, it } from 'vitest';
import { Quotas } from '../../src/repository/quotas/quotas.js';
import { NO_POLICY, type QuotaPolicy } from '../../src/repository/retention/retention-policy.js';
import type { Store } from '../../src/repository/store.js';
import { applyImport } from '../../src/services/importers/apply.js';
import type { ImportItem } from '../../src/services/importers/define.js';
import { exportTenant } from '../../src/services/transfer/export-tenant.js';
import { importTenant } from '../../src/services/transfer/import-tenant.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const user = (content: string) => ({ role: 'user' as const, content });

describeEngines('quotas cannot be got round', (engine) => {
  const limited = async (limits: Partial<QuotaPolicy>, tenantId?: string): Promise<Store> => {
    const policy = { ...NO_POLICY, quotas: { ...NO_POLICY.quotas, ...limits } };
    return storeFor(engine.db, {
      tenantId: tenantId ?? (await engine.freshTenant()),
      role: 'system',
      policy,
      quotas: new Quotas(policy.quotas),
    });
  };

  it('by editing a message until it is large', async () => {
    const store = await limited({ max_bytes: 1_000 });
    const { messages } = await store.turns.save({ messages: [user('short')] });
    const id = messages[0]!.id;
    await expect(store.messages.edit(id, { content: 'x'.repeat(1_500) })).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await store.messages.get(id)).toMatchObject({ content: 'short', status: 'sent' });
    await store.messages.edit(id, { content: 'x'.repeat(800) });
    await expect(store.turns.save({ messages: [user('y'.repeat(300))] })).rejects.toMatchObject({ code: 'quota_exceeded' });
    await store.messages.edit(id, { content: 'x' });
    await store.turns.save({ messages: [user('y'.repeat(300))] });
  });

  it('by bringing back what was deleted', async () => {
    const store = await limited({ max_messages: 2 });
    const { messages } = await store.turns.save({ messages: [user('a'), user('b')] });
    await store.messages.softDelete(messages[0]!.id);
    await store.turns.save({ messages: [user('c')] });
    await expect(store.messages.restore(messages[0]!.id)).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(await store.messages.get(messages[0]!.id)).toMatchObject({ status: 'deleted' });
    await store.messages.softDelete(messages[1]!.id);
    expect(await store.messages.restore(messages[0]!.id)).toMatchObject({ status: 'sent' });
  });

  it('by remembering instead of saying', async () => {
    const store = await limited({ max_bytes: 1_000 });
    await store.memories.remember({ content: 'a'.repeat(700) });
    await expect(store.memories.remember({ content: 'b'.repeat(700) })).rejects.toMatchObject({ code: 'quota_exceeded' });
    await expect(store.turns.save({ messages: [user('c'.repeat(700))] })).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect((await store.memories.remember({ content: 'd'.repeat(200) })).created).toBe(true);
    const free = await limited({ max_messages: 1 });
    expect((await free.memories.remember({ content: 'b'.repeat(5_000) })).created).toBe(true);
  });

  it('by an export of another tenant, of which whole conversations are taken as far as there is room', async () => {
    const from = await limited({});
    for (const text of ['one', 'two', 'three'])
      await from.turns.save({ messages: Array.from({ length: 600 / 12 }, (_, at) => user(`${text} ${at}`)) });
    let file = '';
    await exportTenant(from, {
      choice: {},
      async sink(part) {
        file += part;
      },
    });
    async function* bytes() {
      yield Buffer.from(file);
    }
    const tenantId = await engine.freshTenant();
    await expect(importTenant(await limited({ max_messages: 149 }, tenantId), bytes())).rejects.toThrow(/0 of at most 149 messages.*stays/);
    expect((await (await limited({}, tenantId)).stats.summary()).messages).toBe(0);
    const exact = await limited({ max_messages: 150 }, tenantId);
    await importTenant(exact, bytes());
    // All of it is here already, so there is room for it.
    const { report } = await importTenant(exact, bytes());
    expect(report.rows.message).toEqual({ read: 150, added: 0 });
    await expect(exact.turns.save({ messages: [user('one more')] })).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  it('by the file of another program, which is told what did not fit', async () => {
    const conversation = (id: string, count: number): ImportItem => ({
      kind: 'conversation',
      where: id,
      id,
      messages: Array.from({ length: count }, (_, at) => ({ id: `${id}-${at}`, ...user(`${id} ${at}`) })),
    });
    async function* items() {
      yield conversation('first', 3);
      yield conversation('large', 5);
      yield conversation('small', 1);
    }
    const store = await limited({ max_messages: 4 });
    const report = await applyImport(store, items(), { format: 'test' });
    expect(report).toMatchObject({ conversations: { read: 2, added: 2 }, messages: { added: 4 }, rejected: 1 });
    expect(report.rejections).toEqual([{ where: 'large', why: expect.stringContaining('3 of at most 4 messages') }]);
    expect(await applyImport(store, items(), { format: 'test' })).toMatchObject({ conversations: { added: 0 }, rejected: 1 });
  });
});
