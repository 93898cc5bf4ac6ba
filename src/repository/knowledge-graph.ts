import type { Statement } from '../db/database.js';
import { AppError } from '../errors.js';
import { type Context, Repository } from './context.js';
import { GraphRepository } from './graph.js';
import { containing } from './pattern.js';
import { WHOLE_TENANT as ZERO } from './sql/corpus-documents.js';
import { countEntities, countRelations, listEntities, listRelations } from './sql/knowledge-graph.js';

export type Entity = { name: string; entityType: string; observations: string[] };
export type Relation = { from: string; to: string; relationType: string };

/** Which entities are meant, and the relations at either end of them. */
export type Part = { part: 'all' } | { part: 'named'; names: readonly string[] } | { part: 'containing'; query: string };
/** Whose relations: of a text, those of the entities that were found. */
export type RelationsOf = Exclude<Part, { part: 'containing' }> | { part: 'of'; ids: readonly string[] };
/** The longest name of an entity or a relation: it has to fit into an index. */
export const NAME_LENGTH = 600;
export const EVERYTHING = { part: 'all' } as const;

/** From the row with this id on; of its observations, those after `skip`. */
type EntityPage = { id?: string | undefined; skip?: number | undefined; limit: number; observations?: number };
export type EntityRow = { id: string; entity: Entity; skipped: number /** It has more observations. */; more: boolean };
export type RelationRow = { id: string; fromId: string; toId: string; relation: Relation };

type Addition = { entityName: string; contents: readonly string[] };

const GRAPH = 'main';
const OBSERVATIONS = 200;
const COUNTED = 1000;

/** The graph `main` as the reference memory server has it: entities with a type and texts, and relations between names. */
export class KnowledgeGraphRepository extends Repository {
  readonly #graph: GraphRepository;

  constructor(context: Context) {
    super(context);
    this.#graph = new GraphRepository(context);
  }

  /** Those that were not there before; the others are left as they are. One that is given twice is created once, with all it is given. */
  async createEntities(given: readonly Entity[]): Promise<Entity[]> {
    if (given.length === 0) return [];
    const entities = joined(given);
    const { createdNodes, createdObservations } = await this.#graph.upsert({ graph: GRAPH, nodes: entities.map(nodeOf), existing: 'skip' });
    const texts = new Map(createdNodes.map((key): [string, string[]] => [key, []]));
    for (const { key, text } of createdObservations) texts.get(key)?.push(text);
    return entities
      .filter(({ name }) => texts.has(name))
      .map(({ name, entityType }) => ({ name, entityType, observations: texts.get(name) ?? [] }));
  }

  /** Creates those that are not there and adds to the others what they lack; answers how much was new. */
  async mergeEntities(entities: readonly Entity[]): Promise<{ entities: number; observations: number }> {
    const { createdNodes, createdObservations } = await this.#graph.upsert({ graph: GRAPH, nodes: joined(entities).map(nodeOf) });
    return { entities: createdNodes.length, observations: createdObservations.length };
  }

  /** Those that were not there before. An end that is no entity stays a mere name. */
  async createRelations(relations: readonly Relation[]): Promise<Relation[]> {
    if (relations.length === 0) return [];
    const { createdEdges } = await this.#graph.upsert({ graph: GRAPH, edges: relations.map(edgeOf), ends: 'name' });
    return createdEdges.map(({ source, target, type }) => ({ from: source, to: target, relationType: type }));
  }

  /** What was added of each, in the order given. When one of the entities is not there, nothing is added to any. */
  async addObservations(given: readonly Addition[]): Promise<{ entityName: string; addedObservations: string[] }[]> {
    if (given.length === 0) return [];
    const nodes = given.map(({ entityName, contents }) => ({ key: entityName, observations: contents.map((text) => ({ text })) }));
    const { createdObservations, missing } = await this.#graph.upsert({ graph: GRAPH, nodes, absent: 'refuse' });
    const [unknown] = missing;
    if (unknown !== undefined) throw new AppError('not_found', `Entity with name ${unknown} not found`);
    const left = new Set(createdObservations);
    const lastOf = new Map(given.map(({ entityName }, at) => [entityName, at]));
    return given.map(({ entityName, contents }, at) => {
      // A text that was stored without its secret is not among those given: it goes with the last mention of its entity.
      const mine = [...left].filter(({ key, text }) => key === entityName && (contents.includes(text) || lastOf.get(entityName) === at));
      for (const each of mine) left.delete(each);
      return { entityName, addedObservations: mine.map(({ text }) => text) };
    });
  }

  /** Entities with all their relations; names that are not there are passed over. */
  async deleteEntities(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#graph.deleteNodes(names, GRAPH);
  }

  async deleteObservations(given: readonly { entityName: string; observations: readonly string[] }[]): Promise<void> {
    const names = given.flatMap(({ entityName, observations }) => observations.map((text) => ({ key: entityName, text })));
    if (names.length > 0) await this.#graph.deleteObservations(names, GRAPH);
  }

  async deleteRelations(relations: readonly Relation[]): Promise<void> {
    if (relations.length > 0) await this.#graph.deleteEdges(relations.map(edgeOf), GRAPH);
  }

  /** Entities of a part from a place on, in the order in which they were made. */
  async entities(part: Part, { id, skip = 0, limit, observations = OBSERVATIONS }: EntityPage): Promise<EntityRow[]> {
    const rows = await this.context.db.query<{ id: string } & Entity>(
      listEntities(part.part),
      [...this.scope(part), id ?? ZERO, limit, skip, observations + 1],
      this.context.transaction,
    );
    return rows.map(({ id: rowId, name, entityType, observations: texts }) => ({
      id: rowId,
      entity: { name, entityType, observations: texts.slice(0, observations) },
      skipped: rowId === id ? skip : 0,
      more: texts.length > observations,
    }));
  }

  /** Relations of a part from a place on, in the order in which they were made. */
  async relations(part: RelationsOf, { id, limit }: { id?: string | undefined; limit: number }): Promise<RelationRow[]> {
    const rows = await this.context.db.query<{ id: string; fromId: string; toId: string } & Relation>(
      listRelations(part.part),
      [...this.scope(part), id ?? ZERO, limit],
      this.context.transaction,
    );
    return rows.map(({ id, fromId, toId, from, to, relationType }) => ({ id, fromId, toId, relation: { from, to, relationType } }));
  }

  /** How many entities there are from a place on; a thousand stands for more. */
  countEntities(part: Part, id: string): Promise<number> {
    return this.count(countEntities(part.part), part, id);
  }

  countRelations(part: RelationsOf, id: string): Promise<number> {
    return this.count(countRelations(part.part), part, id);
  }

  private async count(statement: Statement, part: Part | RelationsOf, id: string): Promise<number> {
    const rows = await this.context.db.query<{ count: number }>(statement, [...this.scope(part), id, COUNTED], this.context.transaction);
    return rows[0]!.count;
  }

  private scope(part: Part | RelationsOf): readonly unknown[] {
    return [this.tenantId, this.userId ?? ZERO, GRAPH, wantedBy(part)];
  }
}

function wantedBy(part: Part | RelationsOf): readonly string[] | string | null {
  switch (part.part) {
    case 'all':
      return null;
    case 'named':
      return part.names;
    case 'containing':
      return containing(part.query);
    case 'of':
      return part.ids;
  }
}

const nodeOf = ({ name, entityType, observations }: Entity) => ({
  key: name,
  type: entityType,
  observations: observations.map((text) => ({ text })),
});

const edgeOf = ({ from, to, relationType }: Relation) => ({ source: from, target: to, type: relationType });

/** Each name once, with the type it is first given and all its observations. */
function joined(entities: readonly Entity[]): Entity[] {
  const byName = new Map<string, Entity>();
  for (const { name, entityType, observations } of entities) {
    const known = byName.get(name)?.observations ?? [];
    byName.set(name, {
      name,
      entityType: byName.get(name)?.entityType ?? entityType,
      observations: [...new Set([...known, ...observations])],
    });
  }
  return [...byName.values()];
}
