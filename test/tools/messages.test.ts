import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

const exchange = (agent: Agent) =>
  agent.call('save_turn', {
    messages: [
      { role: 'user', content: 'first words', input_tokens: 4, metadata: { a: 1 } },
      { role: 'assistant', content: 'answer', output_tokens: 6 },
    ],
  });
const header = async (agent: Agent, conversation_id: string) => (await agent.call('load_history', { conversation_id })).conversation;

describeEngines('messages toolset', (engine) => {
  it('edits, with before and after in an event', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id, messages } = await exchange(agent);
    const { message } = await agent.call('edit_message', { message_id: messages[0].id, content: 'second words', metadata: { b: 2 } });
    expect(message).toMatchObject({ content: 'second words', status: 'edited', metadata: { a: 1, b: 2 } });
    expect((await agent.call('get_message', { message_id: messages[0].id })).message).toEqual(message);
    const { events } = await agent.call('poll_events', { after: '0', conversation_id, types: ['edited'] });
    expect(events).toMatchObject([
      { message_id: messages[0].id, actor: 'service', before: { content: 'first words' }, after: { content: 'second words' } },
    ]);
    // The stored count was of the old text.
    expect(await header(agent, conversation_id)).toMatchObject({ message_count: 2, input_tokens: 0, output_tokens: 6 });
  });

  it('hides a message, brings it back, and removes it for good', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id, messages } = await exchange(agent);
    const message_id = messages[0].id;
    await agent.call('edit_message', { message_id, content: 'deep secret' });
    expect((await agent.call('delete_message', { message_id })).message).toMatchObject({ status: 'deleted' });
    expect(await header(agent, conversation_id)).toMatchObject({ message_count: 1 });
    expect(await agent.refusal('edit_message', { message_id, content: 'x' })).toMatch(/deleted.*restore/is);
    expect((await agent.call('delete_message', { message_id, mode: 'restore' })).message).toMatchObject({
      status: 'edited',
      content: 'deep secret',
    });
    expect(await header(agent, conversation_id)).toMatchObject({ message_count: 2 });
    await agent.call('delete_message', { message_id, mode: 'hard' });
    expect(await agent.refusal('get_message', { message_id })).toMatch(/No message/);
    const { events } = await agent.call('poll_events', { after: '0', conversation_id });
    expect(JSON.stringify(events)).not.toMatch(/secret|first words/);
    expect(events.map((event: { type: string }) => event.type).slice(3)).toEqual(['edited', 'deleted', 'restored', 'purged']);
    const next = await agent.call('save_turn', { conversation_id, messages: [{ role: 'user', content: 'x' }] });
    expect(next).toMatchObject({ message_count: 2, messages: [{ seq: 3 }] });
  });

  it('does nothing twice', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const { conversation_id, messages } = await exchange(agent);
    const message_id = messages[1].id;
    for (const mode of ['soft', 'soft', 'restore', 'restore']) await agent.call('delete_message', { message_id, mode });
    expect(await header(agent, conversation_id)).toMatchObject({ message_count: 2 });
    const { events } = await agent.call('poll_events', { after: '0', conversation_id, types: ['deleted', 'restored'] });
    expect(events).toHaveLength(2);
  });

  it('keeps the counters equal to the truth through any history of changes', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await agentFor(engine, { tenantId });
    const step = fc.record({ what: fc.constantFrom('save', 'edit', 'soft', 'restore', 'hard'), which: fc.nat(5), tokens: fc.nat(50) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { conversation_id, messages } = await exchange(agent);
        const ids: string[] = messages.map((message: { id: string }) => message.id);
        for (const { what, which, tokens } of steps) {
          const message_id = ids[which % ids.length];
          if (what === 'save') {
            const saved = await agent.call('save_turn', {
              conversation_id,
              messages: [{ role: 'user', content: 'more', input_tokens: tokens }],
            });
            ids.push(saved.messages[0].id);
          } else if (what === 'edit') {
            await agent.client.callTool({ name: 'edit_message', arguments: { message_id, content: 'edited', input_tokens: tokens } });
          } else {
            await agent.client.callTool({ name: 'delete_message', arguments: { message_id, mode: what } });
          }
        }
        const rows = await engine.models.Message.findAll({ where: { tenantId, conversationId: conversation_id } });
        expect(await header(agent, conversation_id)).toMatchObject({
          message_count: rows.filter((row) => row.deletedAt === null).length,
          input_tokens: rows.reduce((sum, row) => sum + (row.inputTokens ?? 0), 0),
          output_tokens: rows.reduce((sum, row) => sum + (row.outputTokens ?? 0), 0),
        });
      }),
      { numRuns: 10 },
    );
  });
});

const numbers = ({ events }: { events: { event_seq: number }[] }) => events.map((event) => event.event_seq);

describeEngines('poll_events', (engine) => {
  it('goes on where it stopped, a page at a time', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    for (let i = 0; i < 5; i++) await exchange(agent);
    const all = await agent.call('poll_events', { after: '0', limit: 200 });
    expect(all).toMatchObject({ has_more: false });
    expect(all.events).toHaveLength(15);
    const seen: number[] = [];
    let after = '0';
    for (;;) {
      const page = await agent.call('poll_events', { after, limit: 4 });
      seen.push(...numbers(page));
      after = page.next_cursor;
      if (!page.has_more) break;
    }
    expect(seen).toEqual(numbers(all));
    const rest = await agent.call('poll_events', { after: all.events[4].cursor, limit: 200 });
    expect(numbers(rest)).toEqual(numbers(all).slice(5));
    expect((await agent.call('poll_events', { after })).events).toEqual([]);
    await exchange(agent);
    expect((await agent.call('poll_events', { after })).events).toHaveLength(3);
    expect(numbers(await agent.call('poll_events', { after: all.events[9].event_seq }))[0]).toBe(all.events[10].event_seq);
    expect(await agent.refusal('poll_events', { after: '999999999999:999999999999:' })).toMatch(/another database/);
  });

  it('waits for something to happen, and returns as soon as it does', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    await using other = await agentFor(engine, { tenantId: agent.tenantId });
    const { next_cursor } = await agent.call('poll_events', { after: '0' });
    const waiting = agent.call('poll_events', { after: next_cursor, wait_ms: 20_000, types: ['created'] });
    await exchange(other);
    const began = performance.now();
    expect((await waiting).events.length).toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    const { next_cursor: end } = await agent.call('poll_events', { after: '0' });
    expect((await agent.call('poll_events', { after: end, wait_ms: 50 })).events).toEqual([]);
  });
});
