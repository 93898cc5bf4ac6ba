import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const NOBODY = '00000000-0000-7000-8000-000000000000';
const said = (agent: Agent, content: string, more: Record<string, unknown> = {}) =>
  agent.call('save_turn', { ...more, messages: [{ role: 'user', content }] });
const remember = (agent: Agent, content: string, more: Record<string, unknown> = {}) => agent.call('remember', { content, ...more });

describeEngines('remember', (engine) => {
  const newAgent = async (user?: string, tenantId?: string, clock?: () => Date) =>
    agentFor(engine, { tenantId: tenantId ?? (await engine.freshTenant()), ...(user ? { user } : {}), ...(clock ? { clock } : {}) });
  const listed = async ({ tenantId }: Agent, filter = {}, clock?: () => Date): Promise<string[]> => {
    const store = await storeFor(engine.db, { tenantId, ...(clock ? { clock } : {}) });
    return (await store.memories.list(filter, { limit: 500 })).items.map(({ content }) => content);
  };

  it('keeps a memory with what it comes from', async () => {
    await using agent = await newAgent();
    const { conversation_id, messages } = await said(agent, 'I moved to Lisbon in March.', { user: 'ann' });
    const { memory, created, superseded, similar } = await remember(agent, 'Ann lives in Lisbon.', {
      title: 'Home',
      kind: 'fact',
      tags: ['home', 'city'],
      importance: 0.8,
      confidence: 0.9,
      source: 'user',
      message_ids: [messages[0].id],
      occurred_at: '2026-03-01',
      valid_from: '2026-03-01T00:00:00+01:00',
      metadata: { channel: 'chat' },
      client_id: 'home-1',
    });
    expect({ created, superseded, similar }).toEqual({ created: true, superseded: [], similar: [] });
    expect(memory).toMatchObject({
      title: 'Home',
      content: 'Ann lives in Lisbon.',
      kind: 'fact',
      tags: ['home', 'city'],
      importance: 0.8,
      confidence: 0.9,
      source: 'user',
      user: 'ann',
      conversation_id,
      message_ids: [messages[0].id],
      occurred_at: '2026-03-01T00:00:00.000Z',
      valid_from: '2026-02-28T23:00:00.000Z',
      metadata: { channel: 'chat' },
      client_id: 'home-1',
    });
    expect(await agent.text('remember', { content: 'Bob likes tea.' })).toMatch(/Remembered memory [\da-f-]{36}/);
  });

  it('stores the same content of the same user once, whatever its case and spacing', async () => {
    await using agent = await newAgent();
    const first = await remember(agent, 'Ann likes  green tea.', { user: 'ann' });
    const again = await remember(agent, ' ann LIKES green\ntea. ', { user: 'ann', title: 'other' });
    expect(again).toMatchObject({ created: false, memory: first.memory, similar: [] });
    expect((await remember(agent, 'Ann likes green tea.', { user: 'bob' })).created).toBe(true);
    expect((await remember(agent, 'Ann likes green tea.')).created).toBe(true);
    expect(await listed(agent)).toHaveLength(3);
  });

  it('stores once what many callers remember at once, by content and by client id', async () => {
    await using agent = await newAgent();
    const same = await Promise.all(Array.from({ length: 8 }, () => remember(agent, 'The key is under the mat.', { user: 'new person' })));
    expect(same.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(same.map(({ memory }) => memory.id)).size).toBe(1);
    const byId = await Promise.all([1, 2, 3, 4].map((n) => remember(agent, `Draft ${n} of the plan.`, { client_id: 'plan' })));
    expect(byId.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(byId.map(({ memory }) => memory.content)).size).toBe(1);
    expect(await listed(agent)).toHaveLength(2);
  });

  it('shows near-duplicates of the same user that are in force, and nothing else', async () => {
    await using agent = await newAgent();
    const paris = await remember(agent, 'Ann lives in Paris', { user: 'ann' });
    await remember(agent, 'Ann lives in Paris', { user: 'bob' });
    await remember(agent, 'Ann plays chess on Sundays with her brother', { user: 'ann' });
    const berlin = await remember(agent, 'Ann lives in Berlin', { user: 'ann' });
    expect(berlin.similar).toEqual([{ id: paris.memory.id, content: 'Ann lives in Paris', kind: 'fact', similarity: 0.5 }]);
    expect(await agent.text('remember', { content: 'Ann lives in Madrid', user: 'ann' })).toContain(paris.memory.id);
    const rome = await remember(agent, 'Ann lives in Rome', { user: 'ann', supersedes: paris.memory.id });
    expect(rome.similar.map(({ id }: { id: string }) => id)).not.toContain(paris.memory.id);
    expect(rome.similar[0].content).toBe('Ann lives in Madrid');
  });

  it('supersedes: the old one ends where the new one begins, and both know of each other', async () => {
    const clock = () => new Date('2026-06-01T12:00:00Z');
    await using agent = await newAgent(undefined, undefined, clock);
    const old = await remember(agent, 'Ann works at Acme', { user: 'ann', valid_from: '2024-01-01', valid_to: '2027-01-01' });
    const { memory, created, superseded } = await remember(agent, 'Ann works at Bolt', {
      user: 'ann',
      supersedes: old.memory.id,
      valid_from: '2026-02-01',
    });
    expect({ created, superseded }).toEqual({ created: true, superseded: [{ id: old.memory.id, content: 'Ann works at Acme' }] });
    expect(memory).toMatchObject({ supersedes: old.memory.id, valid_from: '2026-02-01T00:00:00.000Z', user: 'ann' });
    expect(await listed(agent, {}, clock)).toEqual(['Ann works at Bolt']);
    expect(await listed(agent, { includeSuperseded: true }, clock)).toEqual(['Ann works at Bolt', 'Ann works at Acme']);
    expect(await listed(agent, { asOf: new Date('2025-05-05') }, clock)).toEqual(['Ann works at Acme']);
    expect(await listed(agent, { asOf: new Date('2026-02-01') }, clock)).toEqual(['Ann works at Bolt']);
    expect(await listed(agent, { asOf: new Date('2023-05-05') }, clock)).toEqual([]);
    const store = await storeFor(engine.db, { tenantId: agent.tenantId });
    expect(await store.memories.get(old.memory.id)).toMatchObject({ validTo: new Date('2026-02-01'), supersededById: memory.id });
  });

  it('refuses to supersede what is superseded, and names the newest', async () => {
    await using agent = await newAgent();
    const a = await remember(agent, 'The code is 1111');
    const b = await remember(agent, 'The code is 2222', { supersedes: a.memory.id });
    const c = await remember(agent, 'The code is 3333', { supersedes: b.memory.id });
    const refusal = await agent.refusal('remember', { content: 'The code is 4444', supersedes: a.memory.id });
    expect(refusal).toContain(`newest in its place is ${c.memory.id}`);
    const repeated = await remember(agent, 'The code is 3333', { supersedes: b.memory.id });
    expect(repeated).toMatchObject({ created: false, memory: { id: c.memory.id }, superseded: [{ id: b.memory.id }] });
    const back = await remember(agent, 'The code is 1111', { supersedes: c.memory.id });
    expect(back.created).toBe(true);
    expect(await listed(agent)).toEqual(['The code is 1111']);
    expect(await listed(agent, { includeSuperseded: true })).toHaveLength(4);
  });

  it('lets one of two callers supersede the same memory', async () => {
    await using agent = await newAgent();
    const { memory } = await remember(agent, 'The meeting is on Monday');
    const tries = await Promise.allSettled(
      ['Tuesday', 'Friday'].map((day) => remember(agent, `The meeting is on ${day}`, { supersedes: memory.id })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await listed(agent)).toHaveLength(1);
  });

  it('takes a known memory as the one that supersedes', async () => {
    await using agent = await newAgent();
    const tea = await remember(agent, 'Ann drinks tea');
    const coffee = await remember(agent, 'Ann drinks coffee');
    const again = await remember(agent, 'Ann drinks tea', { supersedes: coffee.memory.id });
    expect(again).toMatchObject({ created: false, memory: { id: tea.memory.id }, superseded: [{ id: coffee.memory.id }] });
    expect(await remember(agent, 'Ann drinks tea', { supersedes: tea.memory.id })).toMatchObject({ created: false, superseded: [] });
    expect(await listed(agent)).toEqual(['Ann drinks tea']);
  });

  it('never lets two memories replace each other under a client id that is sent again', async () => {
    await using agent = await newAgent();
    const paris = await remember(agent, 'Ann lives in Paris', { client_id: 'home' });
    const berlin = await remember(agent, 'Ann lives in Berlin', { supersedes: paris.memory.id });
    const again = { content: 'Ann lives in Paris', client_id: 'home', supersedes: berlin.memory.id };
    expect(await agent.refusal('remember', again)).toMatch(new RegExp(`${paris.memory.id}, which was superseded by ${berlin.memory.id}`));
    expect(await listed(agent)).toEqual(['Ann lives in Berlin']);
    const back = await agent.call('remember', { ...again, client_id: 'home-2' });
    expect(back).toMatchObject({ created: true, superseded: [{ id: berlin.memory.id }] });
    expect(await listed(agent)).toEqual(['Ann lives in Paris']);
    // The first call, come late, changes nothing and says what became of it.
    expect(await agent.text('remember', { content: 'Ann lives in Paris', client_id: 'home' })).toMatch(/superseded by/);

    const oslo = await remember(agent, 'Ann lives in Oslo', { client_id: 'oslo' });
    await agent.call('forget', { memory_ids: [oslo.memory.id] });
    const forgotten = { content: 'Ann lives in Oslo', client_id: 'oslo', supersedes: back.memory.id };
    expect(await agent.refusal('remember', forgotten)).toMatch(/was forgotten/);
    expect(await listed(agent)).toEqual(['Ann lives in Paris']);
  });

  it('corrects how something is written when the old spelling is superseded, and says what it knew otherwise', async () => {
    await using agent = await newAgent();
    const old = await remember(agent, 'The wifi password is abc-DEF');
    expect(await agent.text('remember', { content: 'The wifi password is ABC-def' })).toContain('The wifi password is abc-DEF');
    const correction = { supersedes: old.memory.id };
    const better = await remember(agent, 'The wifi password is ABC-def', correction);
    expect(better).toMatchObject({ created: true, superseded: [{ id: old.memory.id }], memory: { supersedes: old.memory.id } });
    expect(await remember(agent, 'The wifi password is ABC-def', correction)).toMatchObject({
      created: false,
      memory: { id: better.memory.id },
    });
    expect(await listed(agent)).toEqual(['The wifi password is ABC-def']);
    await agent.call('forget', { memory_ids: [old.memory.id], mode: 'restore' });
    expect(await listed(agent)).toEqual(['The wifi password is abc-DEF']);
  });

  it('forgets by itself, and remembers anew what has expired or ended', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const clock = () => now;
    await using agent = await newAgent(undefined, undefined, clock);
    const first = await remember(agent, 'The door code is 77', { ttl_days: 2 });
    expect(first.memory.expires_at).toBe('2026-01-03T00:00:00.000Z');
    await remember(agent, 'Ann is in Rome', { valid_to: '2026-01-02' });
    expect(await listed(agent, {}, clock)).toHaveLength(2);
    now = new Date('2026-01-05T00:00:00Z');
    expect(await listed(agent, {}, clock)).toEqual([]);
    expect(await listed(agent, { includeExpired: true }, clock)).toEqual(['The door code is 77']);
    expect(await listed(agent, { asOf: new Date('2026-01-01T12:00:00Z') }, clock)).toEqual(['Ann is in Rome']);
    const again = await remember(agent, 'The door code is 77', { ttl_days: 1 });
    expect(again).toMatchObject({ created: true, superseded: [{ id: first.memory.id }], memory: { supersedes: first.memory.id } });
    expect((await remember(agent, 'Ann is in Rome', { valid_to: '2026-01-02' })).created).toBe(false);
    expect((await remember(agent, 'Ann is in Rome')).created).toBe(true);
    expect(await listed(agent, {}, clock)).toEqual(['Ann is in Rome', 'The door code is 77']);
  });

  it('refuses what cannot be, and stores nothing', async () => {
    await using agent = await newAgent();
    const one = await said(agent, 'one');
    const other = await said(agent, 'other');
    const bad: [Record<string, unknown>, RegExp][] = [
      [{ content: ' ' }, /content/],
      [{ content: 'x'.repeat(20_001) }, /content/],
      [{ content: 'a\0b' }, /U\+0000/],
      [{ content: 'x', kind: 'rumour' }, /kind.*fact/],
      [{ content: 'x', importance: 2 }, /importance/],
      [{ content: 'x', valid_from: '2026-02-02', valid_to: '2026-01-01' }, /valid_to is before/],
      [{ content: 'x', expires_at: '2020-01-01' }, /in the past/],
      [{ content: 'x', expires_at: '2999-01-01', ttl_days: 1 }, /either/],
      [{ content: 'x', occurred_at: 'yesterday' }, /occurred_at/],
      [{ content: 'x', conversation_id: NOBODY }, /No conversation/],
      [{ content: 'x', message_ids: [one.messages[0].id, NOBODY] }, new RegExp(`No message ${NOBODY}`)],
      [{ content: 'x', conversation_id: one.conversation_id, message_ids: [other.messages[0].id] }, /is in conversation/],
      [{ content: 'x', supersedes: NOBODY }, /No memory/],
      [{ content: 'x', tenant: 'other' }, /tenant/],
      [{ content: 'x', metadata: { big: 'y'.repeat(2_000_000) } }, /limit/],
    ];
    for (const [args, reason] of bad) expect(await agent.refusal('remember', args)).toMatch(reason);
    expect(await listed(agent)).toEqual([]);
  });

  it('keeps hostile text as it is, and finds it known again', async () => {
    await using agent = await newAgent();
    const hostile = [
      `'; drop table users; --`,
      '\\\\ \' " `',
      '&|!<->():*',
      '🏴‍☠️'.repeat(100),
      'ｆｕｌｌ width',
      '<b>x</b>%_$1',
      'ا'.repeat(500),
    ];
    for (const content of hostile) expect((await remember(agent, content)).memory.content).toBe(content);
    for (const content of hostile) expect((await remember(agent, content)).created).toBe(false);
  });

  it('keeps users and tenants apart', async () => {
    const tenantId = await engine.freshTenant();
    await using ann = await newAgent('ann', tenantId);
    await using bob = await newAgent('bob', tenantId);
    await using stranger = await newAgent();
    const { conversation_id, messages } = await said(ann, 'secret');
    const { memory } = await remember(ann, 'The secret is out', { client_id: 'c' });
    expect(memory.user).toBe('ann');
    for (const intruder of [bob, stranger]) {
      expect(await intruder.refusal('remember', { content: 'x', conversation_id })).toMatch(/No conversation/);
      expect(await intruder.refusal('remember', { content: 'x', message_ids: [messages[0].id] })).toMatch(/No message/);
      expect(await intruder.refusal('remember', { content: 'x', supersedes: memory.id })).toMatch(/No memory/);
      const same = await remember(intruder, 'The secret is out', { client_id: 'c' });
      expect(same).toMatchObject({ created: true, similar: [] });
      expect(same.memory.id).not.toBe(memory.id);
    }
    expect(await bob.refusal('remember', { content: 'x', user: 'ann' })).toMatch(/one user only/);
    await using service = await newAgent(undefined, tenantId);
    expect(await service.refusal('remember', { content: 'x', user: 'bob', supersedes: memory.id })).toMatch(/another user/);
    expect((await remember(service, 'The secret is safe', { supersedes: memory.id })).memory.user).toBe('ann');
  });
});
