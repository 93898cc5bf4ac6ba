import { isDeepStrictEqual } from 'node:util';
import type { Json, NewEdge, NewNode, NewObservation, Validity } from './graph-records.js';
import type { Fact, GivenFact, Period } from './graph-timeline.js';

export type NodeContent = { label: string | null; type: string | null; properties: Json };
export type ObservationContent = { source: string | null; evidence: string[] };
export type EdgeContent = { properties: Json; weight: number; evidence: string[] };

type Dated = { validFrom?: Date | undefined; validTo?: Date | undefined };
const dates = ({ validFrom, validTo }: Dated): { from: number | undefined; to: number | undefined } => ({
  from: validFrom?.getTime(),
  to: validTo?.getTime(),
});

/** What is known of a node once this is said of it, too. */
export const nodeContent = ({ label, type, properties }: NewNode, current?: NodeContent): NodeContent => ({
  label: label === undefined ? (current?.label ?? null) : label,
  type: type === undefined ? (current?.type ?? null) : type,
  properties: merged(current?.properties, properties),
});

export const givenNode = (node: NewNode): GivenFact<NodeContent> => ({
  ...dates(node),
  merge: (current) => nodeContent(node, current),
  saysSame: isDeepStrictEqual,
  isSame: isDeepStrictEqual,
});

/** Whether anything is said of the node itself, or only of what was observed of it. */
export const describesNode = ({ label, type, properties, validFrom, validTo }: NewNode): boolean =>
  [label, type, properties, validFrom, validTo].some((given) => given !== undefined);

/** A sentence is true or it is not: who says so does not make it another one. */
export const givenObservation = ({ source, evidence, ...dated }: NewObservation): GivenFact<ObservationContent> => ({
  ...dates(dated),
  merge: (current) => ({ source: source ?? current?.source ?? null, evidence: union(current?.evidence, evidence) }),
  saysSame: () => true,
  isSame: isDeepStrictEqual,
});

/** What is known of an edge once this is said of it, too. */
export const edgeContent = ({ properties, weight, evidence }: NewEdge, current?: EdgeContent): EdgeContent => ({
  properties: merged(current?.properties, properties),
  // As it is stored, in four bytes: otherwise the same weight would look like another one.
  weight: Math.fround(weight ?? current?.weight ?? 1),
  evidence: union(current?.evidence, evidence),
});

export const givenEdge = (edge: NewEdge): GivenFact<EdgeContent> => ({
  ...dates(edge),
  merge: (current) => edgeContent(edge, current),
  saysSame: (a, b) => a.weight === b.weight && isDeepStrictEqual(a.properties, b.properties),
  isSame: isDeepStrictEqual,
});

/** A second mention in one call adds to the first. */
export const joinNodes = (a: NewNode, b: NewNode): NewNode => ({
  ...a,
  ...given(b),
  properties: a.properties || b.properties ? { ...a.properties, ...b.properties } : undefined,
  observations: [...(a.observations ?? []), ...(b.observations ?? [])],
});

export const joinEdges = (a: NewEdge, b: NewEdge): NewEdge => ({
  ...a,
  ...given(b),
  properties: a.properties || b.properties ? { ...a.properties, ...b.properties } : undefined,
  evidence: union(a.evidence, b.evidence),
});

export const joinBy = <T>(items: readonly T[], nameOf: (item: T) => string, join: (a: T, b: T) => T): Map<string, T> => {
  const joined = new Map<string, T>();
  for (const item of items) {
    const known = joined.get(nameOf(item));
    joined.set(nameOf(item), known ? join(known, item) : item);
  }
  return joined;
};

export const groupBy = <T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item]);
  return groups;
};

export const edgeName = ({ source, type, target }: { source: string; type: string; target: string }): string =>
  JSON.stringify([source, type, target]);

export const periodOf = ({ validFrom, validTo }: Validity): Period => ({
  from: validFrom?.getTime() ?? Number.NEGATIVE_INFINITY,
  to: validTo?.getTime() ?? Number.POSITIVE_INFINITY,
});

const moment = (text: unknown): Date | null => (typeof text === 'string' ? new Date(text) : null);

/** A fact out of a row as JSON. */
export const factOf = <C>(row: Json, content: C): Fact<C> => ({
  ...periodOf({ validFrom: moment(row.valid_from), validTo: moment(row.valid_to) }),
  id: row.id as string,
  content,
});

/** A period as columns. */
export const columnsOf = ({ from, to }: Period): { valid_from: string | null; valid_to: string | null } => ({
  valid_from: Number.isFinite(from) ? new Date(from).toISOString() : null,
  valid_to: Number.isFinite(to) ? new Date(to).toISOString() : null,
});

const given = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>;

const merged = (known: Json | undefined, changes: Json | undefined): Json =>
  Object.fromEntries(Object.entries({ ...known, ...changes }).filter(([, value]) => value !== null && value !== undefined));

const union = (known: readonly string[] | undefined, more: readonly string[] | undefined): string[] => [
  ...new Set([...(known ?? []), ...(more ?? [])]),
];
