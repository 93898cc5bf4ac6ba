import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

const said = (agent: Agent, user?: string) =>
  agent.call('save_turn', { ...(user ? { user } : {}), messages: [{ role: 'user', content: 'remind me' }] });
const titles = ({ tasks }: { tasks: { title: string }[] }): string[] => tasks.map(({ title }) => title);

describeEngines('tasks toolset', (engine) => {
  const newAgent = async (user?: string, tenantId?: string) =>
    agentFor(engine, { tenantId: tenantId ?? (await engine.freshTenant()), ...(user ? { user } : {}) });

  it('keeps a task with what it belongs to', async () => {
    await using agent = await newAgent();
    const { conversation_id, messages } = await said(agent, 'ann');
    const { task, created } = await agent.call('create_task', {
      title: 'Call the dentist',
      details: 'Before noon',
      due_at: '2026-12-01T09:00:00+01:00',
      message_id: messages[0].id,
      metadata: { a: 1, b: null },
    });
    expect(created).toBe(true);
    expect(task).toMatchObject({
      title: 'Call the dentist',
      details: 'Before noon',
      status: 'open',
      due_at: '2026-12-01T08:00:00.000Z',
      user: 'ann',
      conversation_id,
      message_id: messages[0].id,
      metadata: { a: 1 },
    });
    expect((await agent.call('list_tasks', {})).tasks).toEqual([task]);
    expect(await agent.text('list_tasks', {})).toContain(task.id);
  });

  it('makes a task with a client id once, also when called twice at the same time', async () => {
    await using agent = await newAgent();
    const args = { title: 'Water the plants', client_id: 'plants-1' };
    const made = await Promise.all([agent.call('create_task', args), agent.call('create_task', args)]);
    const again = await agent.call('create_task', { ...args, title: 'Something else' });
    expect(new Set([...made, again].map(({ task }) => task.id)).size).toBe(1);
    expect(again).toMatchObject({ created: false, task: { title: 'Water the plants' } });
    expect((await agent.call('list_tasks', {})).tasks).toHaveLength(1);
    await using other = await newAgent();
    expect((await other.call('create_task', args)).created).toBe(true);
  });

  it('changes every field, and clears those that may be empty', async () => {
    await using agent = await newAgent();
    const { conversation_id, messages } = await said(agent, 'ann');
    await agent.call('upsert_user_profile', { user: 'bob' });
    const { task } = await agent.call('create_task', { title: 'x', user: 'bob', metadata: { a: 1 } });
    const task_id = task.id;
    const change = { title: 'y', details: 'more', due_at: '2027-01-01', metadata: { b: 2, a: null }, message_id: messages[0].id };
    expect((await agent.call('update_task', { task_id, ...change })).task).toMatchObject({
      title: 'y',
      details: 'more',
      due_at: '2027-01-01T00:00:00.000Z',
      metadata: { b: 2 },
      user: 'bob',
      conversation_id,
      message_id: messages[0].id,
    });
    const none = { details: null, due_at: null, user: null, conversation_id: null, message_id: null };
    const { task: bare } = await agent.call('update_task', { task_id, ...none });
    for (const field of Object.keys(none)) expect(bare).not.toHaveProperty(field);
    expect(bare).toMatchObject({ title: 'y', metadata: { b: 2 } });
  });

  it('closes and opens again, and refuses to go from one end to the other', async () => {
    await using agent = await newAgent();
    const { task } = await agent.call('create_task', { title: 'x' });
    const become = (status: string) => agent.call('update_task', { task_id: task.id, status });
    expect((await become('done')).task.status).toBe('done');
    expect((await become('done')).task.status).toBe('done');
    expect(await agent.refusal('update_task', { task_id: task.id, status: 'cancelled', title: 'z' })).toMatch(
      /conflict: .*done.*cancelled.*open/s,
    );
    expect((await agent.call('list_tasks', {})).tasks[0].title).toBe('x');
    expect((await become('open')).task.status).toBe('open');
    expect((await become('cancelled')).task.status).toBe('cancelled');
    expect(await agent.refusal('update_task', { task_id: task.id, status: 'paused' })).toMatch(/status/);
  });

  it('lists by due time, filtered, in pages', async () => {
    await using agent = await newAgent();
    const { conversation_id } = await said(agent, 'ann');
    await agent.call('create_task', { title: 'never due' });
    await agent.call('create_task', { title: 'late', due_at: '2026-03-03' });
    await agent.call('create_task', { title: 'soon', due_at: '2026-01-01', conversation_id });
    const { task } = await agent.call('create_task', { title: 'middle', details: '100% sure', due_at: '2026-02-02' });
    await agent.call('update_task', { task_id: task.id, status: 'done' });
    const list = async (filter: Record<string, unknown>) => titles(await agent.call('list_tasks', filter));
    expect(await list({})).toEqual(['soon', 'middle', 'late', 'never due']);
    expect(await list({ status: ['open'] })).toEqual(['soon', 'late', 'never due']);
    expect(await list({ status: ['done', 'cancelled'] })).toEqual(['middle']);
    expect(await list({ user: 'ann' })).toEqual(['soon']);
    expect(await list({ conversation_id })).toEqual(['soon']);
    expect(await list({ due_before: '2026-02-02' })).toEqual(['soon', 'middle']);
    expect(await list({ due_after: '2026-02-02' })).toEqual(['middle', 'late']);
    expect(await list({ query: '0% S' })).toEqual(['middle']);
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await agent.call('list_tasks', { limit: 1, ...(cursor ? { cursor } : {}) });
      seen.push(...titles(page));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(['soon', 'middle', 'late', 'never due']);
  });

  it('refuses what is not there or does not belong together', async () => {
    await using agent = await newAgent();
    const one = await said(agent);
    const other = await said(agent);
    const nobody = '00000000-0000-7000-8000-000000000000';
    expect(await agent.refusal('create_task', { title: ' ' })).toMatch(/title/);
    expect(await agent.refusal('create_task', { title: 'x', due_at: 'tomorrow' })).toMatch(/due_at/);
    expect(await agent.refusal('create_task', { title: 'x', user: 'nobody' })).toMatch(/No user/);
    expect(await agent.refusal('create_task', { title: 'x', conversation_id: nobody })).toMatch(/No conversation/);
    expect(await agent.refusal('create_task', { title: 'x', message_id: nobody })).toMatch(/No message/);
    expect(
      await agent.refusal('create_task', { title: 'x', conversation_id: one.conversation_id, message_id: other.messages[0].id }),
    ).toMatch(/is in conversation/);
    expect(await agent.refusal('update_task', { task_id: nobody, title: 'y' })).toMatch(/No task/);
    expect((await agent.call('list_tasks', {})).tasks).toEqual([]);
  });

  it('keeps the tasks of users and tenants apart', async () => {
    const tenantId = await engine.freshTenant();
    await using ann = await newAgent('ann', tenantId);
    await using bob = await newAgent('bob', tenantId);
    await using stranger = await newAgent();
    const { conversation_id, messages } = await said(ann);
    const { task } = await ann.call('create_task', { title: 'secret', conversation_id });
    expect(task.user).toBe('ann');
    for (const intruder of [bob, stranger]) {
      expect((await intruder.call('list_tasks', { conversation_id })).tasks).toEqual([]);
      expect(await intruder.refusal('update_task', { task_id: task.id, status: 'done' })).toMatch(/No task/);
      expect(await intruder.refusal('create_task', { title: 'x', conversation_id })).toMatch(/No conversation/);
      expect(await intruder.refusal('create_task', { title: 'x', message_id: messages[0].id })).toMatch(/No message/);
    }
    expect(await bob.refusal('create_task', { title: 'x', user: 'ann' })).toMatch(/one user only/);
    expect(await bob.refusal('list_tasks', { user: 'ann' })).toMatch(/one user only/);
    const { task: own } = await bob.call('create_task', { title: 'mine' });
    expect(await bob.refusal('update_task', { task_id: own.id, user: null })).toMatch(/belongs to its user/);
    expect((await ann.call('list_tasks', {})).tasks).toEqual([task]);
  });
});
