import { expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { amount, type Server, startServers } from './servers.js';

type Entity = { name: string; entityType: string; observations: string[] };
type Relation = { from: string; to: string; relationType: string };
type Graph = { entities: Entity[]; relations: Relation[]; next_cursor?: string };

const ROUNDS = amount('GRAPH_ROUNDS', 8);
const PROCESSES = 2;
const names = ['A', 'B', 'C', 'D'];
const texts = (round: number) => names.map((name) => `${name} was seen in round ${round}`);
const relations = (round: number): Relation[] =>
  names.map((name, at) => ({ from: name, to: names[(at + 1) % names.length]!, relationType: `r${round}` }));

async function readAll(server: Server): Promise<Graph> {
  const all: Graph = { entities: [], relations: [] };
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await server.call<Graph>('read_graph', cursor === undefined ? {} : { cursor });
    for (const { name, entityType, observations } of page.entities) {
      const known = all.entities.find((each) => each.name === name);
      if (known) known.observations.push(...observations);
      else all.entities.push({ name, entityType, observations: [...observations] });
    }
    all.relations.push(...page.relations);
    cursor = page.next_cursor;
    more = cursor !== undefined;
  }
  return all;
}

const sorted = <T>(items: readonly T[]): string[] => items.map((item) => JSON.stringify(item)).sort();

describeEngines(`${PROCESSES} processes that write the same graph`, (engine) => {
  it('lose nothing and double nothing, and each receipt is true', async () => {
    const { url, dataDir } = engine.config;
    const place: Record<string, string> = url === null ? { RECOLLECT_DATA_DIR: dataDir } : { RECOLLECT_DATABASE_URL: url };
    await using servers = await startServers(PROCESSES, { ...place, RECOLLECT_TENANT: await engine.freshTenant() });
    const made = { entities: [] as Entity[], observations: [] as string[], relations: [] as Relation[] };

    // Everybody says the same at the same time: of each thing exactly one receipt may say that it was new.
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(
        servers.flatMap((server, at) => {
          const inTheirOrder = <T>(items: T[]): T[] => (at % 2 ? items.toReversed() : items);
          const create = async () => {
            const given = inTheirOrder(names.map((name) => ({ name, entityType: 'letter', observations: [`${name} is a letter`] })));
            made.entities.push(...(await server.call<Graph>('create_entities', { entities: given })).entities);
          };
          const add = async () => {
            const observations = inTheirOrder(names.map((entityName) => ({ entityName, contents: texts(round) })));
            const { results } = await server.call<{ results: { entityName: string; addedObservations: string[] }[] }>('add_observations', {
              observations,
            });
            for (const { entityName, addedObservations } of results)
              made.observations.push(...addedObservations.map((text) => `${entityName}: ${text}`));
          };
          const relate = async () => {
            const given = inTheirOrder(relations(round));
            made.relations.push(...(await server.call<Graph>('create_relations', { relations: given })).relations);
          };
          return round === 0 ? [create().then(add), create(), relate()] : [create(), add(), add(), relate(), relate()];
        }),
      );
    }

    const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
    const expected = names.map((name) => ({ name, observations: [`${name} is a letter`, ...rounds.flatMap(texts)].sort() }));
    for (const server of servers) {
      const graph = await readAll(server);
      const found = graph.entities.map(({ name, observations }) => ({ name, observations: observations.toSorted() }));
      expect(found.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(expected);
      expect(sorted(graph.relations)).toEqual(sorted(rounds.flatMap(relations)));
    }
    expect(sorted(made.entities.map(({ name }) => name))).toEqual(sorted(names));
    expect(sorted(made.observations)).toEqual(sorted(names.flatMap((name) => rounds.flatMap(texts).map((text) => `${name}: ${text}`))));
    expect(sorted(made.relations)).toEqual(sorted(rounds.flatMap(relations)));
  }, 60_000);
});
