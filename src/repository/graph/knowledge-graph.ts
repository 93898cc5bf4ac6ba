import type { Statement } from '../../db/database.js';
import { AppError } from '../../errors.js';
import { graphTopic } from '../change-source.js';
import { type Context, Repository } from '../context.js';
import { containing } from '../pattern.js';
import { WHOLE_TENANT as ZERO } from '../sql/corpus-documents.js';
import { countRelationsOf, listEntities, listRelations, listRelationsOf } from '../sql/knowledge-graph.js';
import { COUNTED, hasManyObservations, type KnowledgeRead, PAGE, readKnowledge } from '../sql/knowledge-page.js';
import { GraphRepository } from './graph.js';

export type Entity = { name: string; entityType: string; observations: string[] };
export type Relation = { from: string; to: string; relationType: string };

/** Which entities are meant, and the relations at either end of them. */
export type Part = { part: 'all' } | { part: 'named'; names: readonly string[] } | { part: 'containing'; query: string };
/** The longest name of an entity or a relation: it has to fit into an index. */
export const NAME_LENGTH = 600;

export type EntityRow = { id: string; entity: Entity; skipped: number /** It has more observations. */; more: boolean };
export type RelationRow = { id: string; fromId: string; toId: string; relation: Relation };
/** Where the lists of a page begin: at this row, of an entity after so many of its observations. */
export type Places = {
  entities?: { id: string; skip?: number | undefined } | null | undefined;
  relations?: { id: string } | null | undefined;
};
/** With one more of each than an answer shows, where there are more; the counts say how many there are from the places on, at least. */
export type KnowledgePage = { entities: EntityRow[]; relations: RelationRow[]; entityCount: number; relationCount: number };

type Addition = { entityName: string; contents: readonly string[] };

const GRAPH = 'main';
const LOOK_AGAIN_MS = 60_000;

/** The graph `main` as the reference memory server has it: entities with a type and texts, and relations between names. */
export class KnowledgeGraphRepository extends Repository {
  readonly #graph: GraphRepository;
  #many: { at: number; answer: Promise<boolean> } | undefined;

  constructor(context: Context) {
    super(context);
    this.#graph = new GraphRepository(context);
  }

  /** What changes of it are announced as. */
  get topic(): string {
    return graphTopic(this.userId ?? ZERO, GRAPH);
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

  /** Entities and relations of a part from their places on, in the order in which they were made; a null place has nothing any more. */
  async page(part: Part, { entities, relations }: Places): Promise<KnowledgePage> {
    const wanted = part.part === 'named' ? JSON.stringify(part.names) : part.part === 'containing' ? containing(part.query) : null;
    const [from, skip] = entities === null ? [null, 0] : [entities?.id ?? ZERO, entities?.skip ?? 0];
    const places = [from, ...(part.part === 'containing' ? [] : [relations === null ? null : (relations?.id ?? ZERO)])];
    const read = (how: KnowledgeRead) =>
      this.query<PageRow>(readKnowledge(how, skip > 0), [wanted, ...places, ...(skip > 0 ? [skip] : [])]);
    let [page] = await read(part.part === 'containing' && (await this.hasMany()) ? 'walked' : part.part);
    if (page!.mixed) [page] = await read('mixed');
    const { entityIds, entityKeys, entityTypes, observationIds, relationIds, relationTypes, nameIds, entityCount, relationCount } = page!;
    const said = new Map<string, string[]>();
    for (const [at, text] of page!.observationTexts.entries()) {
      const id = idAt(observationIds, at);
      said.get(id)?.push(text) ?? said.set(id, [text]);
    }
    const names = new Map(page!.nameKeys.map((key, at) => [idAt(nameIds, at), key]));
    return {
      entities: entityKeys.map((name, at) => {
        const id = idAt(entityIds, at);
        const observations = said.get(id) ?? [];
        return {
          id,
          entity: { name, entityType: entityTypes[at] ?? '', observations: observations.slice(0, PAGE.observations) },
          skipped: id === from ? skip : 0,
          more: observations.length > PAGE.observations,
        };
      }),
      relations: relationTypes.map((relationType, at) => {
        const [fromId, toId] = [idAt(relationIds, at * 3 + 1), idAt(relationIds, at * 3 + 2)];
        return { id: idAt(relationIds, at * 3), fromId, toId, relation: { from: names.get(fromId)!, to: names.get(toId)!, relationType } };
      }),
      ...{ entityCount, relationCount },
    };
  }

  /** The first relations at either end of entities. */
  async relationsOf(ids: readonly string[]): Promise<RelationRow[]> {
    return (await this.query<EdgeRow>(listRelationsOf, [ids, PAGE.relations + 1])).map(relationOf);
  }

  /** How many there are from a place on; a thousand stands for more. */
  async countRelationsOf(ids: readonly string[], id: string): Promise<number> {
    const [row] = await this.query<{ count: number }>(countRelationsOf, [ids, id, COUNTED]);
    return row!.count;
  }

  /** All entities with all that is said of them, from the row with an id on. */
  async entities({ id, limit }: { id?: string | undefined; limit: number }): Promise<{ id: string; entity: Entity }[]> {
    const rows = await this.query<Row>(listEntities, [id ?? ZERO, limit]);
    return rows.map(({ id: rowId, ...entity }) => ({ id: rowId, entity }));
  }

  /** All relations from the row with an id on. */
  async relations({ id, limit }: { id?: string | undefined; limit: number }): Promise<RelationRow[]> {
    return (await this.query<EdgeRow>(listRelations, [id ?? ZERO, limit])).map(relationOf);
  }

  /** Decides how a text is looked for, not what is found, so it may be a while old. */
  private hasMany(): Promise<boolean> {
    const now = this.context.clock().getTime();
    if (!this.#many || now - this.#many.at >= LOOK_AGAIN_MS) {
      const known = this.context.db.query<{ many: boolean }>(hasManyObservations, [], this.context.transaction);
      this.#many = { at: now, answer: known.then(([row]) => row!.many).catch(() => false) };
    }
    return this.#many.answer;
  }

  private query<T extends object>(statement: Statement, values: readonly unknown[]): Promise<T[]> {
    return this.context.db.query<T>(statement, [this.tenantId, this.userId ?? ZERO, GRAPH, ...values], this.context.transaction);
  }
}

type Row = { id: string } & Entity;
/** Columns of lists; ids follow each other in one text, those of a relation are its own and those of its ends. */
type PageRow = {
  entityIds: string;
  entityKeys: string[];
  entityTypes: (string | null)[];
  observationIds: string;
  observationTexts: string[];
  relationIds: string;
  relationTypes: string[];
  nameIds: string;
  nameKeys: string[];
  entityCount: number;
  relationCount: number;
  mixed?: boolean;
};
type EdgeRow = { id: string; fromId: string; toId: string } & Relation;

const ID_LENGTH = 36;
const idAt = (ids: string, at: number): string => ids.slice(at * ID_LENGTH, (at + 1) * ID_LENGTH);

const relationOf = ({ id, fromId, toId, from, to, relationType }: EdgeRow): RelationRow => ({
  ...{ id, fromId, toId, relation: { from, to, relationType } },
});

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
