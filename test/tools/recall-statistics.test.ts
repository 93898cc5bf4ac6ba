import { expect, it } from 'vitest';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

type Line = { role?: string; author?: string; content: string };

const say = (agent: Agent, lines: readonly (string | Line)[], turn: Record<string, unknown> = {}) =>
  agent.call('save_turn', {
    ...turn,
    messages: lines.map((line, at) => ({ role: at % 2 ? 'assistant' : 'user', ...(typeof line === 'string' ? { content: line } : line) })),
  });

describeEngines('recall and what else is stored', (engine) => {
  const newAgent = async (who: { user?: string; tenantId?: string; clock?: () => Date } = {}) =>
    agentFor(engine, { ...who, tenantId: who.tenantId ?? (await engine.freshTenant()) });

  it('answers a user the same, byte by byte, whether or not others have anything', async () => {
    const tenantId = await engine.freshTenant();
    const clock = () => new Date('2026-03-18T12:00:00Z');
    await using ann = await newAgent({ tenantId, user: 'ann', clock });
    await say(ann, [
      { author: 'Ann', content: 'The heron stood in the harbour.' },
      'How was the museum?',
      'The heron was grey.',
      'Lovely.',
    ]);
    await ann.call('remember', { content: 'Ann likes herons.' });
    const queries = [{ query: 'Which heron did Ann see?' }, { query: 'museum harbour', limit: 1 }, { query: 'bird', explain: true }];
    const ask = async () => {
      const answers = [];
      for (const query of queries) {
        answers.push(
          await ann.call('recall', query),
          await ann.text('recall', query),
          await ann.call('search_messages', { query: query.query }),
        );
      }
      return JSON.stringify([...answers, await ann.call('get_context', { query: 'heron', max_tokens: 500 })]);
    };
    const alone = await ask();
    await using service = await newAgent({ tenantId, clock });
    for (let round = 0; round < 30; round += 1) {
      const conversation_key = `bob-${round}`;
      await say(service, [{ author: 'Ann', content: 'heron heron harbour' }, 'museum bird', 'heron'], { user: 'bob', conversation_key });
    }
    await say(service, ['heron of nobody', 'harbour']);
    await service.call('remember', { content: 'Bob likes herons too.', user: 'bob' });
    expect(await ask()).toBe(alone);
    await new CorpusFolder(engine.db, clock).foldAll(tenantId);
    expect(await ask()).toBe(alone);
  });

  it('knows what nobody has counted yet as well as what was counted', async () => {
    const tenantId = await engine.freshTenant();
    await using agent = await newAgent({ tenantId });
    const folder = new CorpusFolder(engine.db, () => new Date());
    const { messages } = await say(agent, ['walnut cake', 'walnut tree', 'apple tree', 'apple cake', 'plum cake']);
    await folder.foldAll(tenantId);
    await agent.call('edit_message', { message_id: messages[0].id, content: 'walnut walnut' });
    await agent.call('delete_message', { message_id: messages[1].id });
    await say(agent, ['plum tree', 'pear tree']);
    const ask = () => agent.call('recall', { query: 'walnut tree and plum cake', explain: true });
    const before = await ask();
    expect((await folder.verify(tenantId)).waiting).toBeGreaterThan(0);
    await folder.foldAll(tenantId);
    expect(await folder.verify(tenantId)).toMatchObject({ waiting: 0, wrong: 0 });
    expect(await ask()).toEqual(before);
  });
});
