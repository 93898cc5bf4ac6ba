import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../repository/cursor.js';
import type {
  Entity,
  EntityRow,
  KnowledgeGraphRepository,
  Part,
  Relation,
  RelationRow,
  RelationsOf,
} from '../repository/knowledge-graph.js';
import { cutText } from '../search/snippet.js';

export type GraphPage = {
  entities: Entity[];
  relations: Relation[];
  /** How many are still to come; undefined when this is the end. */
  leftOut: { entities: number; relations: number } | undefined;
  nextCursor: string | null;
};

/** What one answer may take as indented JSON, with room for what is said about the rest. */
const PAGE_BYTES = 19_000;
/** Relations get this share while there are entities to show as well. */
const RELATIONS_SHARE = 0.4;
const ENTITIES = 60;
const RELATIONS = 100;
const SMALLEST_TEXT = 200;

/** Where a list goes on: at this row, after so many of its observations; null when all of it was shown. */
const place = z
  .strictObject({ id: z.guid(), skip: z.number().int().min(0).optional() })
  .nullable()
  .optional();
const position = z.strictObject({ entities: place, relations: place });
type Place = z.output<typeof place>;

/**
 * Entities and relations in the order in which they were made, as many as an answer may hold; the cursor goes on with both.
 * A small graph is one page. For a search the relations are those of the entities on the page.
 */
export async function readKnowledgeGraph(graph: KnowledgeGraphRepository, part: Part, cursor: string | undefined): Promise<GraphPage> {
  const from = cursor === undefined ? {} : decodeCursor('knowledge_graph', part, cursor, position);
  const entityRows = from.entities === null ? [] : await graph.entities(part, { ...from.entities, limit: ENTITIES + 1 });
  const { shown, relationRows, about } =
    part.part === 'containing'
      ? await withTheirRelations(graph, entityRows)
      : await withRelationsOf(graph, part, entityRows, from.relations);
  const { relations, next } = fitRelations(relationRows, PAGE_BYTES - shown.bytes);

  const rest = { entities: shown.next, relations: next };
  if (!rest.entities && !rest.relations) return { entities: shown.entities, relations, leftOut: undefined, nextCursor: null };
  const leftOut = {
    entities: rest.entities ? await graph.countEntities(part, rest.entities.id) : 0,
    relations: rest.relations ? await graph.countRelations(about, rest.relations.id) : 0,
  };
  // A search goes on with its entities; open_nodes shows all relations of one.
  const place = about.part === 'of' ? rest.entities && { entities: rest.entities } : rest;
  return { entities: shown.entities, relations, leftOut, nextCursor: place && encodeCursor('knowledge_graph', part, place) };
}

type Chosen = { shown: ReturnType<typeof fitEntities>; relationRows: RelationRow[]; about: RelationsOf };

async function withRelationsOf(
  graph: KnowledgeGraphRepository,
  about: Exclude<Part, { part: 'containing' }>,
  rows: readonly EntityRow[],
  from: Place,
): Promise<Chosen> {
  const relationRows = from === null ? [] : await graph.relations(about, { ...from, limit: RELATIONS + 1 });
  const reserved = Math.min(sizeOfAll(relationRows), PAGE_BYTES * RELATIONS_SHARE);
  return { shown: fitEntities(rows, PAGE_BYTES - reserved), relationRows, about };
}

/** Fewer entities, where all that fit would leave too little room for their relations. */
async function withTheirRelations(graph: KnowledgeGraphRepository, rows: readonly EntityRow[]): Promise<Chosen> {
  const choose = async (budget: number): Promise<Chosen> => {
    const shown = fitEntities(rows, budget);
    const about = { part: 'of' as const, ids: rows.slice(0, shown.count).map(({ id }) => id) };
    return { shown, relationRows: shown.count === 0 ? [] : await graph.relations(about, { limit: RELATIONS + 1 }), about };
  };
  const most = await choose(PAGE_BYTES);
  const fits = most.shown.bytes + sizeOfAll(most.relationRows) <= PAGE_BYTES;
  return fits ? most : choose(PAGE_BYTES * (1 - RELATIONS_SHARE));
}

/** Bytes of an item of a list two levels down in indented JSON. */
const sizeOf = (item: unknown): number => Buffer.byteLength(JSON.stringify([[item]], null, 2));

const sizeOfAll = (rows: readonly RelationRow[]): number =>
  rows.slice(0, RELATIONS).reduce((total, { relation }) => total + sizeOf(relation), 0);

function fitEntities(rows: readonly EntityRow[], budget: number) {
  const entities: Entity[] = [];
  let bytes = 0;
  for (const [at, { id, skipped, more, entity }] of rows.entries()) {
    if (at === ENTITIES) return { entities, bytes, count: at, next: { id, skip: skipped } };
    const size = sizeOf(entity);
    if (bytes + size > budget) {
      if (at > 0) return { entities, bytes, count: at, next: { id, skip: skipped } };
      const cut = cutEntity(entity, budget);
      const skip = skipped + cut.observations.length;
      const isRest = more || cut.observations.length < entity.observations.length;
      const next = isRest ? { id, skip } : rows[1] ? { id: rows[1].id } : null;
      return { entities: [cut], bytes: sizeOf(cut), count: 1, next };
    }
    entities.push(entity);
    bytes += size;
    if (more) return { entities, bytes, count: at + 1, next: { id, skip: skipped + entity.observations.length } };
  }
  return { entities, bytes, count: rows.length, next: null };
}

/** As many observations as fit, at least one: a text that fills an answer by itself is cut. */
function cutEntity(entity: Entity, budget: number): Entity {
  const { name, entityType, observations } = entity;
  const head = { name: cutText(name, budget / 8), entityType: cutText(entityType, budget / 8), observations: [] as string[] };
  let left = budget - sizeOf(head);
  for (const text of observations) {
    const size = sizeOf([text]);
    if (size > left) {
      if (head.observations.length === 0) head.observations.push(cutText(text, Math.max(SMALLEST_TEXT, Math.floor(left / 4))));
      break;
    }
    head.observations.push(text);
    left -= size;
  }
  return head;
}

function fitRelations(rows: readonly RelationRow[], budget: number): { relations: Relation[]; next: { id: string } | null } {
  const relations: Relation[] = [];
  let left = budget;
  for (const [at, { id, relation }] of rows.entries()) {
    left -= sizeOf(relation);
    // One is always shown, or a page after it would show none either.
    if (at === RELATIONS || (left < 0 && at > 0)) return { relations, next: { id } };
    relations.push(relation);
  }
  return { relations, next: null };
}
