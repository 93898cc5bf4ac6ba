import { type Includeable, Op } from 'sequelize';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Models } from '../../src/models/index.js';
import { describeEngines } from '../support/engines.js';

describeEngines('the tenant guard', (engine) => {
  let models: Models;
  let tenantId: string;
  let other: string;
  let conversationId: string;
  /** The same id in both tenants: what a join on one column would mix up. */
  let sharedId: string;

  beforeAll(async () => {
    models = engine.models;
    tenantId = await engine.freshTenant();
    other = await engine.freshTenant();
    for (const tenant of [other, tenantId]) {
      const user = await models.User.create({ tenantId: tenant, externalId: 'ann', displayName: `Ann of ${tenant}` });
      const conversation = await models.Conversation.create({
        tenantId: tenant,
        userId: user.id,
        ...(sharedId ? { id: sharedId } : {}),
        title: `Talk of ${tenant}`,
      });
      sharedId = conversation.id;
      conversationId = conversation.id;
      await models.Message.create({ tenantId: tenant, conversationId, seq: 1, turn: 1, role: 'user', content: tenant, text: tenant });
    }
  });

  describe('refuses without a tenant', () => {
    const where = () => ({ id: conversationId });
    const refused: Record<string, () => Promise<unknown>> = {
      'Conversation.find': () => models.Conversation.findAll(),
      'Conversation.find one': () => models.Conversation.findOne({ where: where() }),
      'Conversation.find and count': () => models.Conversation.findAndCountAll({ where: where() }),
      'Conversation.findByPk': () => models.Conversation.findByPk(conversationId),
      'Conversation.count': () => models.Conversation.count({ where: where() }),
      'Conversation.sum': () => models.Conversation.sum('messageCount', { where: where() }),
      'Conversation.max': () => models.Conversation.max('lastSeq'),
      'Conversation.update': () => models.Conversation.update({ title: 'x' }, { where: where() }),
      'Conversation.destroy': () => models.Conversation.destroy({ where: where() }),
      'Conversation.destroy all': () => models.Conversation.destroy({ where: { tenantId }, truncate: true }),
      'Conversation.increment': () => models.Conversation.increment('lastSeq', { where: where() }),
      'Conversation.decrement': () => models.Conversation.decrement('lastSeq', { where: where() }),
      'Conversation.find in a list of tenants': () => models.Conversation.findAll({ where: { tenantId: [tenantId, other] } }),
      'Conversation.find in any tenant but one': () => models.Conversation.findAll({ where: { tenantId: { [Op.ne]: other } } }),
      'Conversation.find in one tenant or another': () => models.Conversation.findAll({ where: { [Op.or]: [{ tenantId }, { id: 'x' }] } }),
    };
    for (const [name, call] of Object.entries(refused)) {
      it(name, async () => {
        await expect(call()).rejects.toThrow(/^Conversation\.\w+ without its tenant: /);
      });
    }

    it('the getters of an association, which know one column only', async () => {
      const conversation = await models.Conversation.findOne({ where: { tenantId, ...where() }, rejectOnEmpty: true });
      const { getMessages } = conversation as unknown as { getMessages(): Promise<unknown> };
      await expect(getMessages.call(conversation)).rejects.toThrow(/^Message\.find without its tenant/);
    });

    it.each<[string, Includeable]>([
      ['by name', 'user'],
      ['by association', { association: 'user' }],
      ['by model', { association: 'messages', include: ['user'] }],
      ['of everything', { all: true }],
    ])('an include %s', async (_, include) => {
      await expect(models.Conversation.findAll({ where: { tenantId }, include: [include] })).rejects.toThrow(/the include .* needs `on`/);
      await expect(models.Conversation.count({ where: { tenantId }, include: [include] })).rejects.toThrow(/the include .* needs `on`/);
    });
  });

  it('lets a query of one tenant through, and it sees that tenant only', async () => {
    const rows = await models.Conversation.findAll({ where: { tenantId, id: sharedId } });
    expect(rows.map(({ title }) => title)).toEqual([`Talk of ${tenantId}`]);
    expect(await models.Conversation.count({ where: { [Op.and]: [{ tenantId }, { id: sharedId }] } })).toBe(1);
    expect(await models.Conversation.sum('messageCount', { where: { tenantId } })).toBe(0);
    expect(await models.Conversation.update({ topic: 'x' }, { where: { tenantId, id: sharedId } })).toEqual([1]);
    const [row] = rows;
    await row!.reload();
    await row!.increment('lastSeq', { by: 2 });
    await row!.update({ title: 'Renamed' });
    expect(await models.Conversation.findOne({ where: { tenantId: other, id: sharedId } })).toMatchObject({
      title: `Talk of ${other}`,
      topic: null,
      lastSeq: 0,
    });
  });

  it('lets an include through that joins on the tenant too, and it joins that tenant only', async () => {
    const [row] = await models.Conversation.findAll({
      where: { tenantId },
      include: [
        {
          association: 'messages',
          on: { tenant_id: { [Op.col]: 'Conversation.tenant_id' }, conversation_id: { [Op.col]: 'Conversation.id' } },
        },
        { association: 'tenant' },
      ],
    });
    const { messages, tenant } = row as unknown as { messages: { text: string }[]; tenant: { id: string } };
    expect([messages.map(({ text }) => text), tenant.id]).toEqual([[tenantId], tenantId]);
  });

  it('leaves tables that belong to no tenant alone', async () => {
    expect(await models.Tenant.findByPk(tenantId)).toMatchObject({ id: tenantId });
    expect(await models.Job.count()).toBe(0);
  });
});
