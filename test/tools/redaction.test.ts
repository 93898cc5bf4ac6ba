import { expect, it } from 'vitest';
import type { RedactMode } from '../../src/redaction/redaction.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

/** Put together here, so that no scanner takes this file for a leak. */
const TOKEN = ['ghp_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('');
const CARD = '4111 1111 1111 1111';

describeEngines('what is not stored', (engine) => {
  const newAgent = async (redact?: RedactMode) => agentFor(engine, { tenantId: await engine.freshTenant(), ...(redact ? { redact } : {}) });
  /** Every row of the tables that text goes to, as the database has it. */
  const stored = async (tenantId: string): Promise<string> => {
    const { Conversation, Message, MessageEvent, EpisodicMemory } = engine.models;
    const options = { where: { tenantId }, attributes: { include: ['search'] } };
    return JSON.stringify([
      await Conversation.findAll({ where: { tenantId } }),
      await Message.unscoped().findAll(options),
      await MessageEvent.findAll({ where: { tenantId } }),
      await EpisodicMemory.unscoped().findAll(options),
    ]);
  };
  const turn = (secret: string) => ({
    title: `About ${secret}`,
    messages: [
      { role: 'user', content: `take ${secret} please` },
      { role: 'user', content: [{ type: 'text', text: `and ${secret}` }] },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c1', name: 'login', arguments: { key: secret } }],
      },
      { role: 'tool', content: 'done', tool_results: [{ tool_call_id: 'c1', content: `used ${secret}` }] },
    ],
  });

  it('masks secrets in memories and keeps transcripts as they were said, when nothing is set', async () => {
    await using agent = await newAgent();
    const kept = await agent.call('remember', {
      content: `The deploy key is ${TOKEN}.`,
      title: CARD,
      tags: [TOKEN],
      metadata: { card: CARD },
    });
    expect(kept).toMatchObject({
      created: true,
      memory: { content: 'The deploy key is [redacted: github-pat].', title: '[redacted: card-number]' },
      redacted: [
        { type: 'github-pat', count: 2 },
        { type: 'card-number', count: 2 },
      ],
    });
    expect(await stored(agent.tenantId)).not.toMatch(/a1b2c3|4111/i);
    expect(await agent.text('remember', { content: `Another key: ${TOKEN}` })).toContain('Not stored: 1 × github-pat.');
    const saved = await agent.call('save_turn', turn(TOKEN));
    expect(saved).not.toHaveProperty('redacted');
    const { messages } = await agent.call('load_history', { conversation_id: saved.conversation_id });
    expect(messages[0].content).toBe(`take ${TOKEN} please`);
    expect((await agent.call('remember', { content: 'Nothing special' })).redacted).toBeUndefined();
  });

  it('masks everywhere with mask, in edits too', async () => {
    await using agent = await newAgent('mask');
    const { conversation_id, messages, redacted } = await agent.call('save_turn', turn(TOKEN));
    expect(redacted).toEqual([{ type: 'github-pat', count: 5 }]);
    const edited = await agent.call('edit_message', { message_id: messages[0].id, content: `no, ${CARD}`, metadata: { note: TOKEN } });
    expect(edited).toMatchObject({ message: { content: 'no, [redacted: card-number]' }, redacted: [{ count: 1 }, { count: 1 }] });
    expect(await stored(agent.tenantId)).not.toMatch(/a1b2c3|4111/i);
    const history = await agent.call('load_history', { conversation_id });
    expect(history.messages[2].tool_calls[0]).toEqual({ id: 'c1', name: 'login', arguments: { key: '[redacted: github-pat]' } });
  });

  it('refuses with refuse, stores nothing and repeats nothing', async () => {
    await using agent = await newAgent('refuse');
    for (const [tool, args] of [
      ['save_turn', turn(TOKEN)],
      ['remember', { content: `Key ${TOKEN}` }],
    ] as const) {
      const refusal = await agent.refusal(tool, args);
      expect(refusal).toMatch(/invalid_input: .*looks like a secret \(github-pat\).*Nothing was stored/);
      expect(refusal).not.toContain(TOKEN);
    }
    expect(await stored(agent.tenantId)).toBe('[[],[],[],[]]');
    expect((await agent.call('save_turn', turn('<private>my PIN</private>'))).redacted).toEqual([{ type: 'private', count: 5 }]);
  });

  it('keeps memories as they are with off, but for private stretches', async () => {
    await using agent = await newAgent('off');
    const { memory, redacted } = await agent.call('remember', { content: `Key ${TOKEN}, <private>PIN 1234` });
    expect([memory.content, redacted]).toEqual([`Key ${TOKEN}, [private]`, [{ type: 'private', count: 1 }]]);
  });

  it.each([undefined, 'off', 'mask', 'refuse'] as const)('never stores private stretches (%s)', async (mode) => {
    await using agent = await newAgent(mode);
    const { messages } = await agent.call('save_turn', turn('<private>zebra <private>crossing</private> zebra</private>'));
    await agent.call('edit_message', { message_id: messages[1].id, content: [{ type: 'text', text: 'x <PRIVATE a="b">zebra' }] });
    await agent.call('remember', { content: 'Ann <private>zebra</private> likes tea', tags: ['<private>zebra'] });
    expect(await agent.refusal('remember', { content: ' <private>zebra</private> ' })).toMatch(/nothing to remember/);
    const everything = await stored(agent.tenantId);
    expect(everything).toContain('likes tea');
    expect(everything).not.toMatch(/zebra|crossing/i);
  });
});
