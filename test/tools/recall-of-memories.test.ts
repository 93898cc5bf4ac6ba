import { expect, it } from 'vitest';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

describeEngines('recall of memories that contradict each other', (engine) => {
  it('answers with what holds, and as of a time with what held then', async () => {
    const day = (n: number) => new Date(Date.UTC(2020, 0, 1 + n));
    let now = day(0);
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant(), clock: () => now });
    const towns = ['Oslo', 'Porto', 'Graz', 'Lyon', 'Turku'];
    const people = Array.from({ length: 40 }, (_, n) => `Person${n}`);
    const latest = new Map<string, string>();
    for (const [at, town] of towns.entries()) {
      now = day(at * 100);
      for (const person of people) {
        const supersedes = latest.get(person);
        const { memory } = await agent.call('remember', { content: `${person} lives in ${town}`, ...(supersedes && { supersedes }) });
        latest.set(person, memory.id);
      }
    }
    now = day(1000);
    const found = async (person: string, more = {}): Promise<string[]> =>
      (await agent.call('recall', { query: `Where does ${person} live?`, sources: ['memories'], limit: 50, ...more })).hits.map(
        ({ text }: { text: string }) => text,
      );
    for (const person of people.slice(0, 8)) {
      const now = await found(person);
      expect(now[0]).toBe(`${person} lives in Turku`);
      expect(now.filter((text) => !text.includes('Turku'))).toEqual([]);
      for (const [at, town] of towns.entries()) {
        const then = await found(person, { as_of: day(at * 100 + 50).toISOString() });
        expect(then[0]).toBe(`${person} lives in ${town}`);
        expect(then.filter((text) => !text.includes(town))).toEqual([]);
      }
      expect((await found(person, { include_superseded: true })).filter((text) => text.startsWith(`${person} `))).toHaveLength(5);
    }
    const [id] = latest.values();
    await agent.call('forget', { memory_ids: [id] });
    expect((await found('Person0')).filter((text) => text.startsWith('Person0 '))).toEqual([]);
  });
});
