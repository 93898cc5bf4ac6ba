import { expect, it } from 'vitest';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

type Hit = { text: string; why: { text_rank: number } };

describeEngines('recall among texts with very many words', (engine) => {
  it('knows their words and neighbours in meaning as those of short ones', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const filler = Array.from({ length: 1200 }, (_, at) => `filler${at}`).join(' ');
    for (const content of [`${filler} our puppy chewed an orchid; orchids are dear`, 'An orchid.', `${filler} without it`]) {
      await agent.call('save_turn', { messages: [{ role: 'user', content }] });
    }
    const ask = async (query: string): Promise<[string, number][]> => {
      const { hits }: { hits: Hit[] } = await agent.call('recall', { query, explain: true });
      return hits.map(({ text, why }) => [text.slice(0, 9), why.text_rank]);
    };
    const [short, long, ...others] = await ask('orchid');
    expect([short![0], long![0], others]).toEqual(['An orchid', 'filler0 f', []]);
    // Twice in it, but it is longer than others.
    expect(long![1]).toBeGreaterThan(short![1] / 2);
    expect(long![1]).toBeLessThan(1.5 * short![1]);
    const [best] = await ask('orchid dog');
    expect(best![0]).toBe('filler0 f');
    expect(best![1]).toBeGreaterThan(long![1] + 0.1);
  });
});
