import type { Graph, StdioServer } from './client.js';
import { entityAt, nameOf, randomFrom, relationAt } from './content.js';

export type Call = readonly [tool: string, args: object];
/** Makes the calls of one operation, one after the other; both servers get the same ones. */
export type Operation = Readonly<{ name: string /** It leaves the graph as it is. */; reads: boolean; calls(): () => Call }>;

const BATCH = 1_000;
const READS = new Set(['search', 'open', 'read']);

/** Reads come first, so that they see exactly the graph that was loaded. */
export function operationsOn(size: number): Operation[] {
  const operation = (name: string, make: (at: number, any: () => number) => Call): Operation => ({
    name,
    reads: READS.has(name.split(/[ ,]/, 1)[0]!),
    calls() {
      const random = randomFrom(size + name.length);
      let at = 0;
      return () => {
        at += 1;
        return make(at, () => Math.floor(random() * size));
      };
    },
  });
  const fresh = (name: string, at: number) => ({ name: `${name}_${at}`, entityType: 'note', observations: [`fresh fact number ${at}`] });
  return [
    operation('search, one hit', (_, any) => ['search_nodes', { query: `note ${any()}-1` }]),
    operation('search, 1 in 100', () => ['search_nodes', { query: 'centmark' }]),
    operation('search, 1 in 8', () => ['search_nodes', { query: 'organisation' }]),
    operation('search, no hit', (at) => ['search_nodes', { query: `zzqx${at}` }]),
    operation('open 3', (_, any) => ['open_nodes', { names: [nameOf(any()), nameOf(any()), nameOf(any())] }]),
    operation('read', () => ['read_graph', {}]),
    operation('create 1', (at) => ['create_entities', { entities: [fresh('new', at)] }]),
    operation('create 10', (at) => [
      'create_entities',
      { entities: Array.from({ length: 10 }, (_, each) => fresh('ten', at * 10 + each)) },
    ]),
    operation('add 1', (at, any) => [
      'add_observations',
      { observations: [{ entityName: nameOf(any()), contents: [`added fact ${at}`] }] },
    ]),
    operation('relate 1', (at, any) => [
      'create_relations',
      { relations: [{ from: nameOf(any()), to: nameOf(any()), relationType: `r${at}` }] },
    ]),
    operation('delete a relation', (_, any) => ['delete_relations', { relations: [relationAt(any(), size)] }]),
    operation('delete an observation', (_, any) => {
      const { name, observations } = entityAt(any());
      return ['delete_observations', { deletions: [{ entityName: name, observations: observations.slice(1, 2) }] }];
    }),
    operation('delete an entity', (at) => ['delete_entities', { entityNames: [`new_${at}`] }]),
  ];
}

/** Loads a graph through the tools; answers how many seconds it took. */
export async function load(server: StdioServer, size: number): Promise<number> {
  const started = performance.now();
  for (const [tool, argument, make] of [
    ['create_entities', 'entities', entityAt],
    ['create_relations', 'relations', (at: number) => relationAt(at, size)],
  ] as const) {
    for (let from = 0; from < size; from += BATCH) {
      const items = Array.from({ length: Math.min(BATCH, size - from) }, (_, each) => make(from + each));
      await server.call(tool, { [argument]: items });
    }
  }
  return (performance.now() - started) / 1_000;
}

/** Sends `count` creates at once and answers how many of them are there afterwards. */
export async function keptOf(server: StdioServer, count: number): Promise<number> {
  const names = Array.from({ length: count }, (_, at) => `at_once_${at}`);
  await Promise.all(names.map((name) => server.call('create_entities', { entities: [{ name, entityType: 'note', observations: [] }] })));
  const { entities } = await server.call('open_nodes', { names });
  return entities.length;
}

/** Pages that it takes to read everything, and what came on them. */
export async function readAll(server: StdioServer): Promise<{ pages: number; entities: number; relations: number }> {
  const read = { pages: 0, entities: 0, relations: 0 };
  let cursor: string | undefined;
  do {
    const page: Graph = await server.call('read_graph', cursor === undefined ? {} : { cursor });
    read.pages += 1;
    read.entities += page.entities.length;
    read.relations += page.relations.length;
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return read;
}
