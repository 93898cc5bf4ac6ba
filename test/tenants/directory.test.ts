import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { TenantRemoval } from '../../src/repository/system/tenant-removal.js';
import { TenantDirectory } from '../../src/repository/system/tenants.js';
import { agentFor } from '../support/agent.js';
import { describeEngines, type TestEngine } from '../support/engines.js';
import { populate } from '../support/person.js';

const directory = ({ db, models }: TestEngine) => new TenantDirectory(db, models, () => new Date());
const newTenant = () => `t-${randomUUID()}`;

describeEngines('tenants', (engine) => {
  it('are made once, with a name and a language', async () => {
    const id = newTenant();
    const made = await directory(engine).create({ id, name: 'A household', textSearchConfig: 'german' });
    expect(made).toMatchObject({ id, name: 'A household', textSearchConfig: 'german', conversations: 0, messages: 0, users: 0, held: 0 });
    expect(await directory(engine).list()).toContainEqual(made);
    await expect(directory(engine).create({ id })).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each(['', 'Upper', '-dash', 'a b', 'a'.repeat(64), "x'y"])('refuses the id %j', async (id) => {
    await expect(directory(engine).create({ id })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('refuses a language that the database does not have', async () => {
    await expect(directory(engine).create({ id: newTenant(), textSearchConfig: 'klingon' })).rejects.toThrow(/klingon/);
  });

  it('refuse settings that do not exist, and change nothing then', async () => {
    const { id } = await directory(engine).create({ id: newTenant() });
    await expect(directory(engine).change(id, { name: 'New', set: { 'retention.forever': 1 } })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(directory(engine).change(id, { name: 'New', unset: ['colour'] })).rejects.toThrow(/colour/);
    expect(await directory(engine).get(id)).toMatchObject({ name: id, settings: {} });
    expect(await directory(engine).change(id, { name: 'New' })).toMatchObject({ name: 'New' });
    await expect(directory(engine).change(newTenant(), { name: 'New' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keep their language once something is written in it', async () => {
    const { id } = await directory(engine).create({ id: newTenant() });
    expect(await directory(engine).change(id, { textSearchConfig: 'simple' })).toMatchObject({ textSearchConfig: 'simple' });
    await using agent = await agentFor(engine, { tenantId: id });
    await agent.call('save_turn', { messages: [{ role: 'user', content: 'hello' }] });
    await expect(directory(engine).change(id, { textSearchConfig: 'german' })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describeEngines('removing a tenant', (engine) => {
  it('takes every row of every table of it, as counted before, and none of another', async () => {
    const [doomed, other] = [await engine.freshTenant(), await engine.freshTenant()];
    await populate(engine, { tenantId: doomed, user: 'somebody' });
    await populate(engine, { tenantId: other, user: 'somebody' });
    const removal = new TenantRemoval(engine.db);
    const [counted, others] = [await removal.count(doomed), await removal.count(other)];
    expect(Object.keys(counted).length).toBeGreaterThan(15);

    expect(await removal.remove(doomed, { ignoreHolds: false })).toEqual({ ...counted, tenants: 1 });
    expect(await removal.count(doomed)).toEqual({});
    expect(await removal.count(other)).toEqual(others);
    await expect(directory(engine).get(doomed)).rejects.toMatchObject({ code: 'not_found' });
    expect(await removal.remove(doomed, { ignoreHolds: false })).toEqual({ tenants: 0 });
  });

  it('is refused while something is under legal hold, and removes nothing then', async () => {
    const tenantId = await engine.freshTenant();
    const { conversation } = await populate(engine, { tenantId, user: 'somebody' });
    await using agent = await agentFor(engine, { tenantId });
    await agent.call('update_conversation', { conversation_id: conversation, legal_hold: true });
    const removal = new TenantRemoval(engine.db);
    const before = await removal.count(tenantId);
    await expect(removal.remove(tenantId, { ignoreHolds: false })).rejects.toThrow(conversation);
    expect(await removal.count(tenantId)).toEqual(before);
    expect(await removal.remove(tenantId, { ignoreHolds: true })).toMatchObject({ tenants: 1 });
    expect(await removal.count(tenantId)).toEqual({});
  });

  it('stops at a hold that is placed meanwhile, and goes on where it was when it is lifted', async () => {
    const tenantId = await engine.freshTenant();
    const { conversation } = await populate(engine, { tenantId, user: 'somebody' });
    const removal = new TenantRemoval(engine.db);
    const before = await removal.count(tenantId);
    const { Conversation } = engine.models;
    const hold = (legalHold: boolean) => Conversation.update({ legalHold }, { where: { tenantId, id: conversation } });
    const stopped = removal.remove(tenantId, { ignoreHolds: false, progress: () => hold(true) });
    await expect(stopped).rejects.toThrow(/when a hold was placed/);
    const left = await removal.count(tenantId);
    expect(left.conversations).toBe(before.conversations);
    expect(left).not.toEqual(before);
    await hold(false);
    expect(await removal.remove(tenantId, { ignoreHolds: false })).toEqual({ ...left, tenants: 1 });
  });
});
