import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../repository/cursor.js';
import type {
  Entity,
  EntityRow,
  KnowledgeGraphRepository,
  KnowledgePage,
  Part,
  Relation,
  RelationRow,
} from '../repository/graph/knowledge-graph.js';
import { COUNTED, PAGE } from '../repository/sql/knowledge-page.js';
import { cutText } from '../search/snippet.js';

export type GraphPage = {
  entities: Entity[];
  relations: Relation[];
  /** How many are still to come, or more; undefined when this is the end. */
  leftOut: { entities: number; relations: number } | undefined;
  nextCursor: string | null;
};

/** What one answer may take as indented JSON, with room for what is said about the rest. */
const PAGE_BYTES = 19_000;
/** Relations get this share while there are entities to show as well. */
const RELATIONS_SHARE = 0.4;
const { entities: ENTITIES, relations: RELATIONS } = PAGE;
const SMALLEST_TEXT = 200;

/** Where a list goes on: at this row, after so many of its observations; null when all of it was shown. */
const place = z
  .strictObject({ id: z.guid(), skip: z.number().int().min(0).optional() })
  .nullable()
  .optional();
const position = z.strictObject({ entities: place, relations: place });

/**
 * Entities and relations in the order in which they were made, as many as an answer may hold; the cursor goes on with both.
 * A small graph is one page. For a search the relations are those of the entities on the page.
 */
export async function readKnowledgeGraph(graph: KnowledgeGraphRepository, part: Part, cursor: string | undefined): Promise<GraphPage> {
  const from = cursor === undefined ? {} : decodeCursor('knowledge_graph', part, cursor, position);
  const page = measured(await graph.page(part, from));
  if (part.part === 'containing') return showSearch(graph, part, page);
  const reserved = Math.min(sizeOfAll(page.relations), PAGE_BYTES * RELATIONS_SHARE);
  const shown = fitEntities(page.entities, PAGE_BYTES - reserved);
  const { relations, next } = fitRelations(page.relations, PAGE_BYTES - shown.bytes);
  if (!shown.next && !next) return { entities: shown.entities, relations, leftOut: undefined, nextCursor: null };
  const leftOut = { entities: entitiesLeft(page, shown.next), relations: next ? left(page.relationCount, relations.length) : 0 };
  const nextCursor = encodeCursor('knowledge_graph', part, { entities: shown.next, relations: next });
  return { entities: shown.entities, relations, leftOut, nextCursor };
}

/** Fewer entities, where all that fit would leave too little room for their relations. The cursor goes on with entities; open_nodes shows all relations of one. */
async function showSearch(graph: KnowledgeGraphRepository, part: Part, page: MeasuredPage): Promise<GraphPage> {
  const choose = async (budget: number) => {
    const shown = fitEntities(page.entities, budget);
    const ids = page.entities.slice(0, shown.count).map(({ row }) => row.id);
    return { shown, ids, ...(await relationsOf(graph, page, ids)) };
  };
  const most = await choose(PAGE_BYTES);
  const fits = most.shown.bytes + sizeOfAll(most.rows) <= PAGE_BYTES;
  const { shown, ids, rows, all } = fits ? most : await choose(PAGE_BYTES * (1 - RELATIONS_SHARE));
  const { relations, next } = fitRelations(rows, PAGE_BYTES - shown.bytes);
  if (!shown.next && !next) return { entities: shown.entities, relations, leftOut: undefined, nextCursor: null };
  const count = !next ? 0 : all ? left(rows.length, relations.length) : await graph.countRelationsOf(ids, next.id);
  const nextCursor = shown.next && encodeCursor('knowledge_graph', part, { entities: shown.next });
  return { entities: shown.entities, relations, leftOut: { entities: entitiesLeft(page, shown.next), relations: count }, nextCursor };
}

/** Those of the page's relations that are at some of its entities; `all` when there are no others. */
async function relationsOf(graph: KnowledgeGraphRepository, { relations }: MeasuredPage, ids: readonly string[]) {
  const wanted = new Set(ids);
  const rows = relations.filter(({ row }) => wanted.has(row.fromId) || wanted.has(row.toId));
  const all = relations.length <= PAGE.relationsOfSearch;
  // What was cut from the page's may be theirs.
  return { all, rows: all || rows.length > RELATIONS ? rows : withSizes(await graph.relationsOf(ids), relationIn) };
}

const left = (count: number, shown: number): number => Math.min(COUNTED, count - shown);

const entitiesLeft = ({ entities, entityCount }: MeasuredPage, next: { id: string } | null): number =>
  next
    ? left(
        entityCount,
        entities.findIndex(({ row }) => row.id === next.id),
      )
    : 0;

const ITEM_END = '\n    }';

/** The bytes that the item of a row takes as one of a list two levels down in indented JSON. */
type Sized<Row> = { row: Row; size: number };
type MeasuredPage = Omit<KnowledgePage, 'entities' | 'relations'> & { entities: Sized<EntityRow>[]; relations: Sized<RelationRow>[] };

const entityIn = ({ entity }: EntityRow): Entity => entity;
const relationIn = ({ relation }: RelationRow): Relation => relation;

const measured = (page: KnowledgePage): MeasuredPage => ({
  ...page,
  entities: withSizes(page.entities, entityIn),
  relations: withSizes(page.relations, relationIn),
});

/** Measures all at once: one by one it was most of putting a page together. */
function withSizes<Row>(rows: readonly Row[], itemIn: (row: Row) => object): Sized<Row>[] {
  const text = JSON.stringify([rows.map(itemIn)], null, 2);
  const plain = Buffer.byteLength(text) === text.length;
  let end = 0;
  return rows.map((row) => {
    const from = end;
    // No text has a line break of its own here.
    end = text.indexOf(ITEM_END, from) + ITEM_END.length;
    return { row, size: plain ? end - from : Buffer.byteLength(text.slice(from, end)) };
  });
}

/** The same of one item. */
const sizeOf = (item: object): number => Buffer.byteLength(JSON.stringify([[item]], null, 2));

const sizeOfAll = (rows: readonly Sized<RelationRow>[]): number => rows.slice(0, RELATIONS).reduce((total, { size }) => total + size, 0);

function fitEntities(rows: readonly Sized<EntityRow>[], budget: number) {
  const entities: Entity[] = [];
  let bytes = 0;
  for (const [at, { row, size }] of rows.entries()) {
    const { id, skipped, more, entity } = row;
    if (at === ENTITIES) return { entities, bytes, count: at, next: { id, skip: skipped } };
    if (bytes + size > budget) {
      if (at > 0) return { entities, bytes, count: at, next: { id, skip: skipped } };
      const cut = cutEntity(entity, budget);
      const skip = skipped + cut.observations.length;
      const isRest = more || cut.observations.length < entity.observations.length;
      const next = isRest ? { id, skip } : rows[1] ? { id: rows[1].row.id } : null;
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

function fitRelations(rows: readonly Sized<RelationRow>[], budget: number): { relations: Relation[]; next: { id: string } | null } {
  const relations: Relation[] = [];
  let left = budget;
  for (const [at, { row, size }] of rows.entries()) {
    left -= size;
    // One is always shown, or a page after it would show none either.
    if (at === RELATIONS || (left < 0 && at > 0)) return { relations, next: { id: row.id } };
    relations.push(row.relation);
  }
  return { relations, next: null };
}
