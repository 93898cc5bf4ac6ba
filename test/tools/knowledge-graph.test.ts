import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, it } from 'vitest';
import { toInputSchema } from '../../src/mcp/json-schema.js';
import { tools } from '../../src/mcp/tools/index.js';
import { agentFor } from '../support/agent.js';
import { describeEngines } from '../support/engines.js';
import { startReference } from '../support/reference-memory.js';

type Call = [tool: string, args: Record<string, unknown>];

const alice = { name: 'Alice', entityType: 'person', observations: ['works at Acme Corp', 'likes programming'] };
const bob = { name: 'Bob', entityType: 'person', observations: ['likes Tea'] };
const acme = { name: 'Acme Corp', entityType: 'company', observations: [] };
const relate = (from: string, relationType: string, to: string) => ({ from, to, relationType });

/** A life of a graph: whatever a client may do, in an order in which one call depends on those before. */
const LIFE: Call[] = [
  ['read_graph', {}],
  ['search_nodes', { query: 'Alice' }],
  ['create_entities', { entities: [] }],
  ['create_relations', { relations: [] }],
  ['add_observations', { observations: [] }],
  ['create_entities', { entities: [bob, alice, acme] }],
  ['create_entities', { entities: [{ ...alice, entityType: 'robot', observations: ['is known already'] }] }],
  ['create_entities', { entities: [alice, { name: 'Zoë 😀', entityType: '', observations: ['a "quoted" line\nand another'] }] }],
  ['create_relations', { relations: [relate('Alice', 'works_at', 'Acme Corp'), relate('Alice', 'knows', 'Bob')] }],
  ['create_relations', { relations: [relate('Bob', 'knows', 'Alice'), relate('Alice', 'knows', 'Bob')] }],
  [
    'create_relations',
    { relations: [relate('Alice', 'visits', 'Nowhere'), relate('Ghost', 'haunts', 'Nowhere'), relate('Bob', 'is', 'Bob')] },
  ],
  ['read_graph', {}],
  ['open_nodes', { names: ['Nowhere', 'Ghost'] }],
  ['add_observations', { observations: [{ entityName: 'Bob', contents: ['likes Tea', 'likes tea', 'speaks Finnish'] }] }],
  [
    'add_observations',
    {
      observations: [
        { entityName: 'Acme Corp', contents: ['was founded in 1999'] },
        { entityName: 'Alice', contents: ['likes programming', '100% sure_thing', 'back\\slash'] },
        { entityName: 'Bob', contents: [] },
      ],
    },
  ],
  [
    'add_observations',
    {
      observations: [
        { entityName: 'Alice', contents: ['must not stay'] },
        { entityName: 'Nobody', contents: ['x'] },
      ],
    },
  ],
  ['add_observations', { observations: [{ entityName: 'Nowhere', contents: ['x'] }] }],
  ...[
    'alice',
    'ALICE',
    'lic',
    'person',
    'likes',
    'Acme',
    'founded in',
    '100%',
    '_thing',
    '%',
    '\\slash',
    '"quoted" line\nand',
    'zoë',
    'nothing of that',
    'tea likes',
    ' ',
    '',
  ].map((query): Call => ['search_nodes', { query }]),
  ['open_nodes', { names: ['Alice'] }],
  ['open_nodes', { names: ['Acme Corp', 'Bob', 'Bob', 'Nobody'] }],
  ['open_nodes', { names: [] }],
  [
    'delete_observations',
    {
      deletions: [
        { entityName: 'Alice', observations: ['likes programming', 'never said'] },
        { entityName: 'Nobody', observations: ['x'] },
      ],
    },
  ],
  ['delete_relations', { relations: [relate('Bob', 'knows', 'Alice'), relate('Bob', 'knows', 'Nobody'), relate('', '', '')] }],
  ['read_graph', {}],
  ['create_relations', { relations: [relate('Bob', 'knows', 'Alice')] }],
  ['add_observations', { observations: [{ entityName: 'Alice', contents: ['likes programming'] }] }],
  ['open_nodes', { names: ['Alice', 'Bob'] }],
  ['delete_entities', { entityNames: ['Alice', 'Nobody'] }],
  ['delete_entities', { entityNames: ['Alice'] }],
  ['search_nodes', { query: 'programming' }],
  ['read_graph', {}],
  ['create_entities', { entities: [{ name: 'Ghost', entityType: 'spirit', observations: ['is see-through'] }] }],
  ['open_nodes', { names: ['Ghost'] }],
  ['create_entities', { entities: [{ ...alice, observations: ['came back'] }] }],
  ['open_nodes', { names: ['Alice'] }],
  ['delete_observations', { deletions: [] }],
  ['delete_relations', { relations: [] }],
  ['delete_entities', { entityNames: [] }],
];

type Answer = { isError?: boolean; structuredContent?: unknown; content: { type: string; text: string }[] };
const run = async (client: Client, [name, args]: Call): Promise<Answer> => (await client.callTool({ name, arguments: args })) as Answer;

/** Both answers in one shape: an error of ours says its kind before what the reference says. */
const comparable = ({ isError, structuredContent, content }: Answer) =>
  isError ? { isError, text: content[0]!.text.replace(/^not_found: /, '').trim() } : { structuredContent, text: content[0]!.text };

describe('the toolset knowledge_graph beside the reference', () => {
  it('lists the same tools with the same arguments', async () => {
    await using reference = await startReference();
    const theirs = (await reference.client.listTools()).tools;
    const ours = tools.filter(({ toolset }) => toolset === 'knowledge_graph');
    expect(ours.map(({ name }) => name).sort()).toEqual(theirs.map(({ name }) => name).sort());
    for (const { name, title, annotations, inputSchema } of theirs) {
      const tool = ours.find((one) => one.name === name)!;
      expect({ name, title: tool.title, annotations: tool.annotations }).toEqual({ name, title, annotations });
      const schema = toInputSchema(tool.input) as { required?: string[]; properties: Record<string, object> };
      expect(schema.required ?? []).toEqual(inputSchema.required ?? []);
      for (const [argument, { description: _, ...shape }] of Object.entries(inputSchema.properties ?? {}) as [
        string,
        { description?: string },
      ][])
        expect(schema.properties[argument], `${name}.${argument}`).toMatchObject(shape);
    }
  });
});

describeEngines('knowledge graph', (engine) => {
  it('answers call after call what the reference answers', async () => {
    await using reference = await startReference();
    await using ours = await agentFor(engine, { tenantId: await engine.freshTenant() });
    for (const [at, call] of LIFE.entries()) {
      const [theirs, mine] = [await run(reference.client, call), await run(ours.client, call)];
      expect(comparable(mine), `call ${at}: ${JSON.stringify(call)}`).toEqual(comparable(theirs));
    }
    const read = async ({ client }: { client: Client }) => {
      const [{ uri, mimeType, text }] = (await client.readResource({ uri: 'memory://knowledge-graph' })).contents as [
        { uri: string; mimeType: string; text: string },
      ];
      const { entities, relations } = JSON.parse(text) as { entities: { name: string }[]; relations: unknown[] };
      // Alice came back: to the end of the reference's file, to her old place here.
      return { uri, mimeType, entities: entities.toSorted((a, b) => (a.name < b.name ? -1 : 1)), relations };
    };
    expect(await read(ours)).toEqual(await read(reference));
  });

  it('keeps once what one call gives twice', async () => {
    await using agent = await agentFor(engine, { tenantId: await engine.freshTenant() });
    const twice = [
      { name: 'A', entityType: 'first', observations: ['x', 'x'] },
      { name: 'A', entityType: 'second', observations: ['x', 'y'] },
    ];
    const once = { name: 'A', entityType: 'first', observations: ['x', 'y'] };
    expect(await agent.call('create_entities', { entities: twice })).toEqual({ entities: [once] });
    const added = [
      { entityName: 'A', contents: ['z', 'z'] },
      { entityName: 'A', contents: ['z', 'w'] },
    ];
    expect(await agent.call('add_observations', { observations: added })).toEqual({
      results: [
        { entityName: 'A', addedObservations: ['z'] },
        { entityName: 'A', addedObservations: ['w'] },
      ],
    });
    const loop = relate('A', 'is', 'A');
    expect(await agent.call('create_relations', { relations: [loop, loop] })).toEqual({ relations: [loop] });
    expect(await agent.call('read_graph')).toEqual({ entities: [{ ...once, observations: ['x', 'y', 'z', 'w'] }], relations: [loop] });
  });

  it('loses nothing of twenty calls in flight, through two connections', async () => {
    const tenantId = await engine.freshTenant();
    await using one = await agentFor(engine, { tenantId });
    await using other = await agentFor(engine, { tenantId });
    const names = Array.from({ length: 20 }, (_, at) => `E${at}`);
    await Promise.all(
      names.map((name, at) =>
        (at % 2 ? one : other).call('create_entities', { entities: [{ name, entityType: 'note', observations: [] }] }),
      ),
    );
    await Promise.all(
      names.flatMap((name, at) => [
        (at % 2 ? one : other).call('add_observations', { observations: [{ entityName: 'E0', contents: [`from ${name}`] }] }),
        (at % 2 ? other : one).call('create_relations', { relations: [relate('E0', 'knows', name)] }),
      ]),
    );
    const { entities, relations } = await one.call('open_nodes', { names });
    expect(entities.map(({ name }: { name: string }) => name).sort()).toEqual(names.toSorted());
    expect(entities.find(({ name }: { name: string }) => name === 'E0').observations).toHaveLength(20);
    expect(relations).toHaveLength(20);
  });

  it('answers one of several that create the same entity at once that it did', async () => {
    const tenantId = await engine.freshTenant();
    await using one = await agentFor(engine, { tenantId });
    await using other = await agentFor(engine, { tenantId });
    const make = (at: number) =>
      (at % 2 ? one : other).call('create_entities', { entities: [{ name: 'Same', entityType: `${at}`, observations: [`${at}`] }] });
    const made = (await Promise.all(Array.from({ length: 10 }, (_, at) => make(at)))).flatMap(({ entities }) => entities);
    expect(made).toHaveLength(1);
    expect((await one.call('open_nodes', { names: ['Same'] })).entities).toEqual(made);
  });
});
