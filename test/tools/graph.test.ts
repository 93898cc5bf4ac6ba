import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const keysOf = ({ nodes }: { nodes: { key: string }[] }) => nodes.map(({ key }) => key);
const T = (day: number) => new Date(Date.UTC(2026, 0, day));
const iso = (day: number) => T(day).toISOString();

describeEngines('the graph', (engine) => {
  let agent: Agent;
  let today = T(1);
  const agents: Agent[] = [];
  beforeEach(async () => {
    today = T(1);
    agent = await agentFor(engine, { tenantId: await engine.freshTenant(), clock: () => today });
    agents.push(agent);
  });
  afterAll(async () => {
    for (const each of agents) await each[Symbol.asyncDispose]();
  });

  describe('graph_upsert', () => {
    it('counts what it did, and does nothing twice', async () => {
      const args = {
        nodes: [
          { key: 'Ann', type: 'person', properties: { city: 'Rome' }, observations: ['likes tea', { text: 'has a dog', source: 'Bo' }] },
        ],
        edges: [{ source: 'Ann', target: 'Acme', type: 'works_at', weight: 0.8 }],
      };
      expect(await agent.call('graph_upsert', args)).toEqual({
        nodes: { created: 2, updated: 0, unchanged: 0 },
        edges: { created: 1, updated: 0, invalidated: 0, unchanged: 0 },
      });
      today = T(2);
      expect(await agent.call('graph_upsert', args)).toEqual({
        nodes: { created: 0, updated: 0, unchanged: 1 },
        edges: { created: 0, updated: 0, invalidated: 0, unchanged: 1 },
      });
      expect(await agent.call('graph_upsert', { nodes: [{ key: 'Ann', observations: ['sings'] }] })).toMatchObject({
        nodes: { updated: 1 },
      });
      const { nodes, edges } = await agent.call('graph_query', { keys: ['Ann'] });
      expect(nodes[0]).toMatchObject({ key: 'Ann', type: 'person', properties: { city: 'Rome' }, distance: 0 });
      expect(nodes[0].observations.map(({ text }: { text: string }) => text)).toEqual(['likes tea', 'has a dog', 'sings']);
      expect(nodes[0].observations[1]).toMatchObject({ source: 'Bo', recorded_at: iso(1) });
      expect(edges).toEqual([{ source: 'Ann', type: 'works_at', target: 'Acme', weight: 0.8, recorded_at: iso(1) }]);
    });

    it('merges properties, and null takes one away', async () => {
      await agent.call('graph_upsert', { nodes: [{ key: 'Ann', properties: { a: 1, b: 2 } }] });
      await agent.call('graph_upsert', {
        nodes: [
          { key: 'Ann', properties: { a: null, c: 3 } },
          { key: 'Ann', type: 'person' },
        ],
      });
      expect((await agent.call('graph_query', { keys: ['Ann'] })).nodes).toMatchObject([{ type: 'person', properties: { b: 2, c: 3 } }]);
    });

    it('closes a changed edge instead of overwriting it', async () => {
      const edge = { source: 'Ann', target: 'Acme', type: 'works_at' };
      await agent.call('graph_upsert', { edges: [{ ...edge, properties: { role: 'clerk' } }] });
      today = T(10);
      expect(await agent.call('graph_upsert', { edges: [{ ...edge, properties: { role: 'chief' }, valid_from: iso(5) }] })).toMatchObject({
        edges: { created: 0, updated: 1, invalidated: 1 },
      });
      const roleAt = async (moments: object) =>
        (await agent.call('graph_query', { keys: ['Ann'], ...moments })).edges.map(
          (found: { properties: { role: string } }) => found.properties.role,
        );
      expect(await roleAt({})).toEqual(['chief']);
      expect(await roleAt({ as_of: iso(4) })).toEqual(['clerk']);
      expect(await roleAt({ as_of: iso(6) })).toEqual(['chief']);
      expect(await roleAt({ as_of: iso(6), known_at: iso(9) })).toEqual(['clerk']);
      today = T(20);
      expect(await agent.call('graph_upsert', { edges: [{ ...edge, valid_to: iso(15) }] })).toMatchObject({
        edges: { updated: 1, invalidated: 1 },
      });
      expect(await roleAt({})).toEqual([]);
      expect(await roleAt({ as_of: iso(14) })).toEqual(['chief']);
      expect(await roleAt({ known_at: iso(12) })).toEqual(['chief']);
    });

    it('refuses what makes no sense, and writes nothing of it', async () => {
      expect(await agent.refusal('graph_upsert', {})).toContain('nothing to store');
      const nodes = [{ key: 'x' }, { key: 'y', valid_from: iso(2), valid_to: iso(1) }];
      expect(await agent.refusal('graph_upsert', { nodes })).toContain('valid_from must be before valid_to');
      expect(await agent.refusal('graph_upsert', { nodes: [{ key: '' }] })).toContain('key');
      expect(await agent.refusal('graph_upsert', { nodes: [{ key: 'x', observations: [{ txt: 1 }] }] })).toContain('observations');
      expect((await agent.call('graph_stats')).nodes).toBe(0);
    });

    it('masks secrets and says so', async () => {
      const done = await agent.call('graph_upsert', { nodes: [{ key: 'Ann', observations: ['card <private>1234</private>'] }] });
      expect(done.redacted).toEqual([{ type: 'private', count: 1 }]);
      expect(JSON.stringify(await agent.call('graph_query', { keys: ['Ann'] }))).not.toContain('1234');
    });

    it('loses nothing when many callers write the same graph at once', async () => {
      const writers = await Promise.all(Array.from({ length: 4 }, () => storeFor(engine.db, { tenantId: agent.tenantId })));
      await Promise.all(
        writers.flatMap((store, w) =>
          Array.from({ length: 8 }, (_, i) =>
            store.graph.upsert({
              nodes: [
                { key: 'hub', observations: [{ text: `note ${w}.${i}` }] },
                { key: `own ${w}.${i}` },
                { key: `shared ${i}`, type: 'x' },
              ],
              edges: [
                { source: `shared ${i}`, target: 'hub', type: 'near' },
                { source: `own ${w}.${i}`, target: `shared ${i}`, type: 'of' },
              ],
            }),
          ),
        ),
      );
      const stats = await agent.call('graph_stats');
      expect(stats).toMatchObject({ nodes: 1 + 32 + 8, edges: 8 + 32, observations: 32, closed: { nodes: 0, edges: 0, observations: 0 } });
      expect((await agent.call('graph_query', { query: 'note', limit: 1 })).nodes[0]).toMatchObject({ key: 'hub', observation_count: 32 });
    });
  });

  describe('graph_query', () => {
    it('finds by stem, beginning, parts of a name, type and near spelling, names first', async () => {
      await agent.call('graph_upsert', {
        nodes: [
          { key: 'PriceList', type: 'document' },
          { key: 'Anna Schmidt', type: 'person', observations: ['enjoys drinking tea'] },
          { key: 'tea', type: 'plant' },
          { key: 'Marseille', type: 'city', label: 'Marseille' },
        ],
      });
      const find = async (query: string, more = {}) => keysOf(await agent.call('graph_query', { query, ...more }));
      expect(await find('drinks')).toEqual(['Anna Schmidt']);
      expect(await find('tea')).toEqual(['tea', 'Anna Schmidt']);
      expect(await find('price')).toEqual(['PriceList']);
      expect(await find('schm')).toEqual(['Anna Schmidt']);
      expect(await find('cities')).toEqual(['Marseille']);
      expect(await find('tea', { types: ['person'] })).toEqual(['Anna Schmidt']);
      expect(await find('zzzz')).toEqual([]);
      if (engine.db.capabilities.trigram) expect(await find('Marseile')).toEqual(['Marseille']);
      await agent.call('graph_delete', { nodes: ['tea'] });
      expect(await find('tea')).toEqual(['Anna Schmidt']);
    });

    it('walks around a node by direction, type and distance, without going round in circles', async () => {
      const edge = (source: string, target: string, type = 'to') => ({ source, target, type });
      await agent.call('graph_upsert', {
        edges: [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('c', 'd'), edge('d', 'e'), edge('x', 'a', 'from'), edge('a', 'a')],
      });
      const around = async (depth: number, more = {}) => keysOf(await agent.call('graph_query', { keys: ['a'], depth, ...more })).sort();
      expect(await around(0)).toEqual(['a']);
      expect(await around(1)).toEqual(['a', 'b', 'c', 'x']);
      expect(await around(1, { direction: 'out' })).toEqual(['a', 'b']);
      expect(await around(1, { direction: 'in' })).toEqual(['a', 'c', 'x']);
      expect(await around(1, { edge_types: ['from'] })).toEqual(['a', 'x']);
      expect(await around(2)).toEqual(['a', 'b', 'c', 'd', 'x']);
      expect(await around(4, { direction: 'out' })).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await agent.call('graph_query', { keys: ['a', 'nobody'], depth: 0 })).toMatchObject({ missing: ['nobody'], truncated: false });
    });

    it('finds the shortest paths, and follows directions', async () => {
      const chain = ['a-b', 'b-c', 'c-d', 'd-e', 'e-f', 'a-x', 'x-c'].map((pair) => {
        const [source, target] = pair.split('-');
        return { source, target, type: 'to', weight: pair.includes('x') ? 2 : 1 };
      });
      await agent.call('graph_upsert', { edges: chain });
      const path = async (from: string, to: string, more = {}) =>
        (await agent.call('graph_query', { from, to, ...more })).paths.map(({ nodes }: { nodes: string[] }) => nodes.join(''));
      expect(await path('a', 'b')).toEqual(['ab']);
      expect(await path('a', 'c')).toEqual(['axc', 'abc']);
      expect(await path('c', 'a', { direction: 'in' })).toEqual(['cxa', 'cba']);
      expect(await path('c', 'a', { direction: 'out' })).toEqual([]);
      expect(await path('e', 'x')).toEqual(['edcx']);
      expect(await path('a', 'e')).toEqual(['axcde']);
      expect(await path('a', 'e', { depth: 3 })).toEqual([]);
      expect(await path('a', 'f')).toEqual([]);
      expect(await agent.refusal('graph_query', { from: 'a', to: 'nobody' })).toContain('No node "nobody"');
      expect(await agent.refusal('graph_query', { from: 'a' })).toContain('exactly one');
    });

    it('cuts what a hub would flood, says so, and gives the rest of it page by page as it was', async () => {
      const store = await storeFor(engine.db, { tenantId: agent.tenantId, clock: () => today });
      const edges = Array.from({ length: 300 }, (_, i) => ({ source: 'hub', target: `leaf ${i}`, type: 'has', weight: i }));
      await store.graph.upsert({ edges });
      const first = await agent.call('graph_query', { keys: ['hub'], limit: 30 });
      expect(keysOf(first).slice(0, 3)).toEqual(['hub', 'leaf 299', 'leaf 298']);
      expect(first.truncated).toBe(true);
      today = T(2);
      await agent.call('graph_delete', { keys: ['leaf 270', 'leaf 250'] });
      const second = await agent.call('graph_query', { keys: ['hub'], limit: 30, cursor: first.next_cursor });
      expect(keysOf(second).slice(0, 2)).toEqual(['leaf 270', 'leaf 269']);
      expect(second.edges).toHaveLength(30);
      const text = await agent.text('graph_query', { keys: ['hub'], limit: 100 });
      expect(Buffer.byteLength(text)).toBeLessThan(21_000);
      expect(await agent.refusal('graph_query', { keys: ['leaf 1'], cursor: first.next_cursor })).toContain('cursor');
    });

    it('stays small whatever is stored in a node', async () => {
      const observations = Array.from({ length: 200 }, (_, i) => `${i} ${'word '.repeat(900)}`);
      await agent.call('graph_upsert', {
        nodes: [{ key: 'big', properties: { blob: 'x'.repeat(100_000) }, observations: observations.slice(0, 100) }],
      });
      const answer = await agent.call('graph_query', { keys: ['big'] });
      expect(JSON.stringify(answer).length).toBeLessThan(20_000);
      expect(answer.nodes[0]).toMatchObject({ truncated: true, observation_count: 100 });
    });
  });

  describe('graph_delete and graph_stats', () => {
    it('stops believing, and known_at still finds it', async () => {
      await agent.call('graph_upsert', {
        nodes: [{ key: 'Ann', observations: ['likes tea', 'sings'] }],
        edges: [
          { source: 'Ann', target: 'Bo', type: 'knows' },
          { source: 'Ann', target: 'Bo', type: 'likes' },
        ],
      });
      today = T(2);
      expect(
        await agent.call('graph_delete', {
          observations: [
            { key: 'Ann', text: 'sings' },
            { key: 'Ann', text: 'dances' },
          ],
          edges: [{ source: 'Ann', target: 'Bo', type: 'likes' }],
        }),
      ).toEqual({ deleted: { nodes: 0, edges: 1, observations: 1 }, not_found: 1 });
      today = T(3);
      expect(await agent.call('graph_delete', { nodes: [{ key: 'Ann' }], keys: ['Ann'] })).toMatchObject({
        not_found: 0,
        deleted: { nodes: 1, edges: 1, observations: 1 },
      });
      today = T(4);
      expect(await agent.call('graph_query', { keys: ['Ann'] })).toMatchObject({ nodes: [], missing: ['Ann'] });
      expect(await agent.call('graph_query', { query: 'Ann' })).toMatchObject({ nodes: [] });
      const before = await agent.call('graph_query', { keys: ['Ann'], known_at: iso(1) });
      expect(before).toMatchObject({ nodes: [{ key: 'Ann', observations: [{ text: 'likes tea' }, { text: 'sings' }] }, { key: 'Bo' }] });
      expect(before.edges).toHaveLength(2);
      expect(await agent.call('graph_stats')).toMatchObject({ nodes: 1, edges: 0, closed: { nodes: 1, edges: 2, observations: 2 } });
      await agent.call('graph_upsert', { nodes: [{ key: 'Ann', type: 'ghost' }] });
      expect((await agent.call('graph_query', { keys: ['Ann'] })).nodes).toMatchObject([{ key: 'Ann', type: 'ghost' }]);
      expect((await agent.call('graph_query', { keys: ['Ann'], known_at: iso(3) })).nodes).toEqual([]);
    });

    it('keeps graphs apart, and those of a bound user to that user', async () => {
      await agent.call('graph_upsert', { nodes: [{ key: 'Ann' }], graph: 'other' });
      expect((await agent.call('graph_query', { keys: ['Ann'] })).nodes).toEqual([]);
      await using mine = await agentFor(engine, { tenantId: agent.tenantId, user: 'me' });
      expect((await mine.call('graph_query', { keys: ['Ann'], graph: 'other' })).nodes).toEqual([]);
      await mine.call('graph_upsert', { nodes: [{ key: 'Ann', type: 'mine' }], graph: 'other' });
      expect((await agent.call('graph_query', { keys: ['Ann'], graph: 'other' })).nodes).toMatchObject([{ key: 'Ann' }]);
      expect((await agent.call('graph_query', { keys: ['Ann'], graph: 'other' })).nodes[0]).not.toHaveProperty('type');
    });

    it('is a resource too', async () => {
      await agent.call('graph_upsert', {
        nodes: [{ key: 'Ann B/C', observations: ['sings'] }],
        edges: [{ source: 'Ann B/C', target: 'Bo', type: 'knows' }],
      });
      const { contents } = await agent.client.readResource({ uri: `memory://graph/main/nodes/${encodeURIComponent('Ann B/C')}` });
      expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({
        node: { key: 'Ann B/C', observations: [{ text: 'sings' }] },
        edges: [{ target: 'Bo' }],
      });
      const ref = { type: 'ref/resource' as const, uri: 'memory://graph/{graph}/nodes/{key}' };
      expect((await agent.client.complete({ ref, argument: { name: 'key', value: 'ann' } })).completion.values).toEqual(['Ann B/C']);
      expect((await agent.client.complete({ ref, argument: { name: 'graph', value: 'm' } })).completion.values).toEqual(['main']);
    });
  });
});
