import { AppError } from '../errors.js';
import type { Entity, Relation } from '../repository/graph/knowledge-graph.js';
import type { Store } from '../repository/store.js';
import { readServerMemoryLine } from './import-server-memory-lines.js';

export type ImportReport = {
  lines: number;
  entities: number;
  relations: number;
  /** Of those, what was not there before. */
  newEntities: number;
  newObservations: number;
  newRelations: number;
  problems: number;
};

export type ImportProgress = Readonly<{
  /** A line that was not stored, and why. */
  problem(line: number, what: string): void;
  stored(report: Readonly<ImportReport>): void;
}>;

const BATCH = 500;

type Numbered<T> = { line: number; item: T };

/**
 * Brings a file of the reference memory server into the graph. What is there already stays and is not counted as new, so the
 * same file may be read again; entities and relations that a later line repeats are merged. Relations follow the entities of
 * their batch, so they may name entities of later lines.
 */
export async function importServerMemory(store: Store, lines: AsyncIterable<string>, progress: ImportProgress): Promise<ImportReport> {
  const report: ImportReport = {
    lines: 0,
    entities: 0,
    relations: 0,
    newEntities: 0,
    newObservations: 0,
    newRelations: 0,
    problems: 0,
  };
  const refuse = (line: number, what: string) => {
    report.problems += 1;
    progress.problem(line, what);
  };
  const storeEntities = async (entities: readonly Entity[]) => {
    const merged = await store.knowledgeGraph.mergeEntities(entities);
    report.newEntities += merged.entities;
    report.newObservations += merged.observations;
    report.entities += entities.length;
  };
  const storeRelations = async (relations: readonly Relation[]) => {
    report.newRelations += (await store.knowledgeGraph.createRelations(relations)).length;
    report.relations += relations.length;
  };

  let entities: Numbered<Entity>[] = [];
  let relations: Numbered<Relation>[] = [];
  const flush = async () => {
    const [entitiesNow, relationsNow] = [entities, relations];
    [entities, relations] = [[], []];
    await storeBatch(entitiesNow, storeEntities, refuse);
    await storeBatch(relationsNow, storeRelations, refuse);
    progress.stored(report);
  };

  for await (const text of lines) {
    report.lines += 1;
    const read = readServerMemoryLine(text, report.lines);
    if (!read) continue;
    if ('problem' in read) refuse(read.line, read.problem);
    else if ('entity' in read) entities.push({ line: read.line, item: read.entity });
    else relations.push({ line: read.line, item: read.relation });
    if (entities.length + relations.length >= BATCH) await flush();
  }
  await flush();
  return report;
}

/** Stores all at once; when the database refuses something, halves them until the line that it refuses stands alone. */
async function storeBatch<T>(
  batch: readonly Numbered<T>[],
  store: (items: readonly T[]) => Promise<void>,
  refuse: (line: number, what: string) => void,
): Promise<void> {
  if (batch.length === 0) return;
  try {
    await store(batch.map(({ item }) => item));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_input') throw error;
    if (batch.length === 1) return refuse(batch[0]!.line, error.message);
    const half = batch.length >> 1;
    await storeBatch(batch.slice(0, half), store, refuse);
    await storeBatch(batch.slice(half), store, refuse);
  }
}
