import { expect, it } from 'vitest';
import { type Agent, agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';

type Entity = { name: string; entityType: string; observations: string[] };
type Relation = { from: string; to: string; relationType: string };
type Page = {
  entities: Entity[];
  relations: Relation[];
  truncated?: boolean;
  left_out?: { entities: number; relations: number };
  next_cursor?: string;
};

/** What an answer may take, as its text. */
const LIMIT = 20_000;

const entity = (at: number, observations: string[]): Entity => ({ name: `E${at}`, entityType: at % 2 ? 'odd' : 'even', observations });

/** Follows the cursor to the end; every page must fit, and be as good in its text as in its structured result. */
async function readAll(
  agent: Agent,
  tool: string,
  args: Record<string, unknown>,
): Promise<{ pages: Page[]; entities: Entity[]; relations: Relation[] }> {
  const pages: Page[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page: Page = await agent.call(tool, { ...args, ...(cursor !== undefined && { cursor }) });
    const text = await agent.text(tool, { ...args, ...(cursor !== undefined && { cursor }) });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMIT);
    expect(JSON.parse(text)).toEqual(page);
    pages.push(page);
    cursor = page.next_cursor;
    more = cursor !== undefined;
    expect(pages.length).toBeLessThan(200);
  }
  return { pages, entities: pages.flatMap(({ entities }) => entities), relations: pages.flatMap(({ relations }) => relations) };
}

describeEngines('pages of the knowledge graph', (engine) => {
  const agent = async () => agentFor(engine, { tenantId: await engine.freshTenant() });

  it('bring everything once, in the order in which it was made, and say what is still to come', async () => {
    await using mine = await agent();
    const entities = Array.from({ length: 250 }, (_, at) => entity(at, [`first of ${at}`, `second of ${at}`]));
    const relations = Array.from({ length: 400 }, (_, at) => ({ from: `E${at % 250}`, to: `E${(at * 7) % 250}`, relationType: `r${at}` }));
    await mine.call('create_entities', { entities });
    await mine.call('create_relations', { relations });

    const read = await readAll(mine, 'read_graph', {});
    expect(read.entities).toEqual(entities);
    expect(read.relations).toEqual(relations);
    const [first] = read.pages;
    expect(first).toMatchObject({ truncated: true });
    expect(first!.left_out).toEqual({ entities: 250 - first!.entities.length, relations: 400 - first!.relations.length });
    expect(read.pages.at(-1)).not.toHaveProperty('truncated');

    const found = await readAll(mine, 'search_nodes', { query: 'ODD' });
    expect(found.entities).toEqual(entities.filter(({ entityType }) => entityType === 'odd'));
    for (const page of found.pages) {
      const names = page.entities.map(({ name }) => name);
      const touching = relations.filter(({ from, to }) => names.includes(from) || names.includes(to));
      const leftOut = page.left_out?.relations ?? 0;
      expect(page.relations).toEqual(touching.slice(0, touching.length - leftOut));
    }
    const opened = await readAll(mine, 'open_nodes', { names: entities.slice(0, 200).map(({ name }) => name) });
    expect(opened.entities).toEqual(entities.slice(0, 200));
    const known = new Set(entities.slice(0, 200).map(({ name }) => name));
    expect(opened.relations).toEqual(relations.filter(({ from, to }) => known.has(from) || known.has(to)));
  });

  it('hold as much of other scripts as an answer takes, and of texts that look like its own lines', async () => {
    await using mine = await agent();
    const entities = Array.from({ length: 60 }, (_, at) => entity(at, ['語'.repeat(at * 4), '}\n    },\n    {', `"\\${at}`]));
    const relations = Array.from({ length: 60 }, (_, at) => ({ from: `E${at}`, to: `E${59 - at}`, relationType: `é\n    }${at}` }));
    await mine.call('create_entities', { entities });
    await mine.call('create_relations', { relations });
    expect(await readAll(mine, 'read_graph', {})).toMatchObject({ entities, relations });
    expect(await readAll(mine, 'search_nodes', { query: '語' })).toMatchObject({ entities: entities.slice(1) });
  });

  it('divide an entity with more to say than an answer holds', async () => {
    await using mine = await agent();
    const texts = Array.from({ length: 900 }, (_, at) => `observation number ${at}: ${'x'.repeat(at % 90)}`);
    await mine.call('create_entities', { entities: [entity(0, ['before']), entity(1, texts), entity(2, ['after'])] });
    const { entities, pages } = await readAll(mine, 'read_graph', {});
    expect(pages.length).toBeGreaterThan(2);
    expect(entities.filter(({ name }) => name === 'E1').flatMap(({ observations }) => observations)).toEqual(texts);
    expect([entities[0], entities.at(-1)]).toEqual([entity(0, ['before']), entity(2, ['after'])]);
  });

  it('show the relations of this graph alone, though others of the tenant were made in between', async () => {
    await using mine = await agent();
    const relation = (at: number) => ({ from: `E${at % 30}`, to: `E${(at + 1) % 30}`, relationType: `r${at}` });
    const others = (count: number, at: number) =>
      mine.call('graph_upsert', {
        graph: 'other',
        edges: Array.from({ length: count }, (_, each) => ({ source: `E${each}`, target: `F${each}`, type: `r${at}` })),
      });
    const relations: ReturnType<typeof relation>[] = [];
    for (const [own, foreign] of [
      [40, 3],
      [70, 120],
      [150, 5],
    ] as const) {
      const next = Array.from({ length: own }, (_, each) => relation(relations.length + each));
      await mine.call('create_relations', { relations: next });
      relations.push(...next);
      await others(foreign, relations.length);
    }
    const read = await readAll(mine, 'read_graph', {});
    expect(read.relations).toEqual(relations);
    expect(read.pages[0]!.left_out).toEqual({ entities: 0, relations: 260 - read.pages[0]!.relations.length });
    const rest = read.pages[1]!;
    expect(rest.left_out!.relations).toBeLessThanOrEqual(260 - read.pages[0]!.relations.length - rest.relations.length);
  });

  it('cut a text that fills an answer by itself, and go on after it', async () => {
    await using mine = await agent();
    const long = '😀 "quoted"\n'.repeat(9_000);
    await mine.call('create_entities', { entities: [entity(0, [long, 'short']), entity(1, [])] });
    const { entities } = await readAll(mine, 'read_graph', {});
    const texts = entities.filter(({ name }) => name === 'E0').flatMap(({ observations }) => observations);
    expect(texts).toHaveLength(2);
    expect(long.startsWith(texts[0]!.slice(0, 100))).toBe(true);
    expect(texts[1]).toBe('short');
    expect(entities.at(-1)).toEqual(entity(1, []));
  });

  it('hold the relations of a hub a part at a time', async () => {
    await using mine = await agent();
    await mine.call('create_entities', { entities: [entity(0, [])] });
    const relations = Array.from({ length: 700 }, (_, at) => ({
      from: at % 2 ? 'E0' : `N${at}`,
      to: at % 2 ? `N${at}` : 'E0',
      relationType: 'knows',
    }));
    await mine.call('create_relations', { relations });
    const { pages, relations: read } = await readAll(mine, 'open_nodes', { names: ['E0'] });
    expect(read).toEqual(relations);
    expect(pages.map(({ entities }) => entities.length)).toEqual([1, ...pages.slice(1).map(() => 0)]);
    const found = await mine.call('search_nodes', { query: 'E0' });
    expect(found).toMatchObject({ truncated: true, left_out: { entities: 0 } });
    expect(found.relations.length + found.left_out.relations).toBe(700);
  });

  it('refuse a cursor of another call', async () => {
    await using mine = await agent();
    await mine.call('create_entities', { entities: Array.from({ length: 250 }, (_, at) => entity(at, ['x'])) });
    const { next_cursor } = await mine.call('read_graph');
    expect(await mine.refusal('search_nodes', { query: 'x', cursor: next_cursor })).toMatch(
      /^invalid_input: This cursor belongs to a call with other/,
    );
  });

  it('find a common text as they find a rare one', async () => {
    await using mine = await agent();
    for (let from = 0; from < 6_000; from += 1_000)
      await mine.call('create_entities', {
        entities: Array.from({ length: 1_000 }, (_, at) => entity(from + at, [`common ${from + at}`])),
      });
    const [first, rare] = [await mine.call('search_nodes', { query: 'COMMON' }), await mine.call('search_nodes', { query: 'common 5432' })];
    expect(first.entities.slice(0, 3)).toEqual([0, 1, 2].map((at) => entity(at, [`common ${at}`])));
    expect(first.left_out).toEqual({ entities: 201, relations: 0 });
    expect(rare).toEqual({ entities: [entity(5_432, ['common 5432'])], relations: [] });
  });

  it('find all of a large graph once and in order, however common the text is', async () => {
    await using mine = await agent();
    const size = 5_000;
    const filler = 'x'.repeat(1_600);
    // Rare among the first, common among all the others: what the first say of the rest is wrong in one direction or the other.
    const texts = (at: number) => [
      `all of them${at % 8 === 3 ? ' eighth' : ''}${at < 140 || at > 4_000 ? ' uneven' : ''}${at === 4_321 ? ' single' : ''} ${filler}`,
    ];
    for (let from = 0; from < size; from += 500)
      await mine.call('create_entities', { entities: Array.from({ length: 500 }, (_, at) => entity(from + at, texts(from + at))) });
    await engine.db.query({ name: 'analyze_observations', text: 'analyze memory_graph_observations' }, []);
    for (const query of ['eighth', 'uneven', 'single']) {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await mine.call('search_nodes', { query, ...(cursor !== undefined && { cursor }) });
        names.push(...page.entities.map(({ name }: { name: string }) => name));
        cursor = page.next_cursor;
        if (page.left_out) expect(page.left_out.entities).toBeGreaterThan(0);
      } while (cursor !== undefined);
      const wanted = Array.from({ length: size }, (_, at) => entity(at, texts(at))).filter(({ observations }) =>
        observations[0]!.includes(query),
      );
      expect(names).toEqual(wanted.map(({ name }) => name));
    }
  }, 60_000);
});
