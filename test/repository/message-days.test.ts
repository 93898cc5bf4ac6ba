import { expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import type { Stats, StatsQuery } from '../../src/repository/stats.js';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const YEAR: StatsQuery = { from: new Date('2026-01-01'), to: new Date('2027-01-01'), period: 'month' };

describeEngines('messages by day', (engine) => {
  const folder = () => new CorpusFolder(engine.db, () => new Date());
  const summary = async (tenantId: string, query: StatsQuery, user?: string): Promise<Stats> =>
    (await storeFor(engine.db, { tenantId, ...(user ? { user } : {}) })).stats.summary(query);
  const days = async (tenantId: string, query: StatsQuery = {}, user?: string) => {
    const stats = await summary(
      tenantId,
      { ...YEAR, period: 'day', from: new Date('2026-03-01'), to: new Date('2026-04-01'), ...query },
      user,
    );
    return stats.byPeriod.map(({ start, messages, tokens }) => `${start.toISOString().slice(5, 10)} ${messages} ${tokens}`);
  };
  const save = (agent: Agent, user: string, ...times: string[]) =>
    agent.call('save_turn', {
      user,
      messages: times.map((created_at, at) => ({
        role: at % 2 ? 'assistant' : 'user',
        content: `said at ${created_at}`,
        input_tokens: 10,
        output_tokens: 1,
        created_at,
      })),
    });

  it('are the same before and after they were counted, whatever is changed and removed', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const ann = await save(agent, 'ann', '2026-03-01T00:00Z', '2026-03-01T23:59:59.999Z', '2026-03-02T00:00Z', '2026-03-02T12:00Z');
    await save(agent, 'bob', '2026-03-02T12:00Z');
    const check = async (...list: string[]) => {
      expect(await days(tenantId)).toEqual(list);
      await folder().foldAll(tenantId);
      expect(await days(tenantId)).toEqual(list);
      expect(await folder().verify(tenantId)).toMatchObject({ waiting: 0, wrong: 0 });
      const { messages, messagesByRole } = await summary(tenantId, YEAR);
      expect((messagesByRole.user ?? 0) + (messagesByRole.assistant ?? 0)).toBe(messages);
    };
    await check('03-01 2 22', '03-02 3 33');
    await agent.call('edit_message', { message_id: ann.messages[0].id, content: 'said otherwise' });
    // What it cost is not known any more.
    await check('03-01 2 11', '03-02 3 33');
    await agent.call('delete_message', { message_id: ann.messages[0].id });
    await check('03-01 1 11', '03-02 3 33');
    await agent.call('delete_message', { message_id: ann.messages[0].id, mode: 'restore' });
    await check('03-01 2 11', '03-02 3 33');
    await agent.call('delete_message', { message_id: ann.messages[1].id, mode: 'hard' });
    await check('03-01 1 0', '03-02 3 33');
    expect(await days(tenantId, {}, 'ann')).toEqual(['03-01 1 0', '03-02 2 22']);
    expect(await days(tenantId, {}, 'bob')).toEqual(['03-02 1 11']);
    await agent.call('delete_conversation', { conversation_id: ann.conversation_id });
    await check('03-02 1 11');
    expect(await days(tenantId, {}, 'ann')).toEqual([]);
  });

  it('are cut where somebody asks for a part of a day', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    await save(agent, 'ann', '2026-03-01T08:00Z', '2026-03-01T10:00Z', '2026-03-02T08:00Z', '2026-03-03T08:00Z', '2026-03-03T10:00Z');
    await save(agent, 'bob', '2026-03-01T10:00Z');
    const part = { from: new Date('2026-03-01T09:00Z'), to: new Date('2026-03-03T09:00Z') };
    for (const counted of [false, true]) {
      if (counted) await folder().foldAll(tenantId);
      expect(await days(tenantId, part)).toEqual(['03-01 2 22', '03-02 1 11', '03-03 1 11']);
      expect(await days(tenantId, part, 'ann')).toEqual(['03-01 1 11', '03-02 1 11', '03-03 1 11']);
      expect(await days(tenantId, { from: new Date('2026-03-01T09:00Z'), to: new Date('2026-03-01T11:00Z') })).toEqual(['03-01 2 22']);
      expect((await summary(tenantId, part)).messagesByRole).toEqual({ user: 4, assistant: 2 });
    }
  });

  it('follow a conversation that gets its user later, and are found wrong and made anew', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const { conversation_id } = await agent.call('save_turn', {
      messages: [{ role: 'user', content: 'hello', created_at: '2026-03-05T00:00Z' }],
    });
    await folder().foldAll(tenantId);
    await agent.call('save_turn', {
      conversation_id,
      user: 'ann',
      messages: [{ role: 'user', content: 'it is me', created_at: '2026-03-05T01:00Z' }],
    });
    expect(await days(tenantId, {}, 'ann')).toEqual(['03-05 2 0']);
    await folder().foldAll(tenantId);
    expect(await days(tenantId, {}, 'ann')).toEqual(['03-05 2 0']);
    expect(await days(tenantId)).toEqual(['03-05 2 0']);

    await engine.models.MessageDay.update({ messages: 7 }, { where: { tenantId } });
    expect((await folder().verify(tenantId)).wrong).toBe(2);
    await folder().rebuild(tenantId);
    expect((await folder().verify(tenantId)).wrong).toBe(0);
    expect(await days(tenantId)).toEqual(['03-05 2 0']);
  });

  it('are no words that a search could find or weigh', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    await save(agent, 'ann', '2026-03-01T08:00Z');
    const length = async () =>
      (await engine.models.CorpusTotal.findOne({ where: { tenantId, source: 'message' }, rejectOnEmpty: true })).length;
    await folder().foldAll(tenantId);
    expect(Number(await length())).toBeLessThan(8);
    const terms = await engine.models.CorpusTerm.findAll({ where: { tenantId } });
    expect(terms.length).toBeGreaterThan(0);
    expect(terms.filter(({ lexeme }) => lexeme.startsWith('on '))).toEqual([]);
  });
});
