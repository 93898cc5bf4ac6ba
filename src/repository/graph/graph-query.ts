import { z } from 'zod';
import { invalidInput, notFound } from '../../errors.js';
import { parseSearchText } from '../../search/query.js';
import { Repository } from '../context.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { WHOLE_TENANT } from '../sql/corpus-documents.js';
import { graphNodeIds, loadGraphEdges } from '../sql/graph-load.js';
import { neighbourhoods } from '../sql/graph-neighbourhood.js';
import { shortestPaths } from '../sql/graph-paths.js';
import { MAX_FOUND, searchGraphNames, searchGraphWords } from '../sql/graph-search.js';
import { graphStats } from '../sql/graph-stats.js';
import { GraphRepository } from './graph.js';
import type { GraphEdge, GraphMoment, GraphNode } from './graph-records.js';

export const DIRECTIONS = ['out', 'in', 'both'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export type GraphFilter = GraphMoment & {
  graph?: string | undefined;
  /** Of nodes that are answered; those on the way to them may be of any. */
  types?: readonly string[] | undefined;
  edgeTypes?: readonly string[] | undefined;
  direction?: Direction | undefined;
};
export type GraphQuestion = GraphFilter & {
  query?: string | undefined;
  keys?: readonly string[] | undefined;
  depth: number;
};

export type FoundNode = GraphNode & { distance: number };
export type GraphAnswer = { nodes: FoundNode[]; edges: GraphEdge[]; missing: string[]; nextCursor: string | null; truncated: boolean };
export type GraphPath = { nodes: string[]; edges: string[] };
export type PathAnswer = { nodes: GraphNode[]; edges: GraphEdge[]; paths: GraphPath[]; truncated: boolean };

type Counts = { nodes: number; edges: number; observations: number };
type TypeCount = { type: string | null; count: number };
export type GraphStats = Counts & {
  graphs: { graph: string; nodes: number }[];
  /** What is kept only for the past, and for what was believed in the past. */
  closed: Counts;
  nodeTypes: TypeCount[];
  edgeTypes: TypeCount[];
  hubs: { graph: string; key: string; edges: number }[];
};

type Ranked = { id: string; distance: number };
type Ranking = { ranked: Ranked[]; missing: string[]; cut: boolean };

const place = z.strictObject({ at: z.number().int().min(1), asOf: z.iso.datetime(), knownAt: z.iso.datetime() });
const MAX_WORDS = 20;
/** So many of what a query finds are the middle of a neighbourhood. */
const MAX_ROOTS = 20;
const SHOWN_OBSERVATIONS = 20;
const EDGES_PER_NODE = 5;

/** Finds nodes by words or keys, what is around them, and the ways between two of them. */
export class GraphQueries extends Repository {
  readonly #graph = new GraphRepository(this.context);

  /** Best or nearest first, a page at a time. Later pages are of the moment of the first. */
  async find(question: GraphQuestion, page: { limit: number; cursor?: string | undefined }): Promise<GraphAnswer> {
    const start = page.cursor === undefined ? undefined : decodeCursor('graph', question, page.cursor, place);
    const now = this.context.clock();
    const moment = {
      asOf: start ? new Date(start.asOf) : (question.asOf ?? now),
      knownAt: start ? new Date(start.knownAt) : (question.knownAt ?? null),
    };
    const { ranked, missing, cut } = await this.rank({ ...question, ...moment }, page.limit);
    const from = start?.at ?? 0;
    const shown = ranked.slice(from, from + page.limit);
    const ids = shown.map(({ id }) => id);
    const nodes = await this.#graph.load(ids, { ...moment, observations: SHOWN_OBSERVATIONS });
    const most = page.limit * EDGES_PER_NODE;
    const seen = ranked.slice(0, from + page.limit).map(({ id }) => id);
    const edges =
      ids.length === 0 ? [] : await this.#graph.edgesBetween(ids, seen, { ...moment, types: question.edgeTypes, limit: most + 1 });
    const more = ranked.length > from + page.limit;
    const distances = new Map(shown.map(({ id, distance }) => [id, distance]));
    const next = { at: from + page.limit, asOf: moment.asOf.toISOString(), knownAt: (moment.knownAt ?? now).toISOString() };
    return {
      nodes: nodes.map((node) => ({ ...node, distance: distances.get(node.id)! })),
      edges: edges.slice(0, most),
      missing,
      nextCursor: more ? encodeCursor('graph', question, next) : null,
      truncated: cut || more || edges.length > most,
    };
  }

  /** The shortest ways between two nodes over at most `depth` edges, the strongest first. */
  async paths(from: string, to: string, { limit, depth, ...filter }: GraphFilter & { limit: number; depth: number }): Promise<PathAnswer> {
    if (from === to) throw invalidInput('from and to are the same node.', 'Name two different keys, or pass one as keys.');
    const moment = this.moment(filter);
    const known = new Map((await this.idsOf([from, to], filter)).map(({ key, id }) => [key, id]));
    for (const key of [from, to]) if (!known.has(key)) throw notFound('node', JSON.stringify(key), 'graph_query with query finds keys.');
    const ends = [known.get(from), known.get(to)];
    const { direction = 'both', edgeTypes = null } = filter;
    type Way = { nodes: string[] | null; edges: string[] | null; cut: boolean };
    const values = [this.tenantId, moment.asOf, moment.knownAt, ...ends, direction, edgeTypes, limit, depth];
    const ways = await this.context.db.query<Way>(shortestPaths, values, this.context.transaction);
    const found = ways.flatMap(({ nodes, edges }) => (nodes && edges ? [{ nodes, edges }] : []));
    const unique = (lists: string[][]) => [...new Set(lists.flat())];
    const nodes = await this.#graph.load(unique(found.map((way) => way.nodes)), { ...moment, observations: SHOWN_OBSERVATIONS });
    const edges = await this.context.db.query<GraphEdge>(
      loadGraphEdges,
      [this.tenantId, unique(found.map((way) => way.edges))],
      this.context.transaction,
    );
    const keyOf = new Map(nodes.map(({ id, key }) => [id, key]));
    return {
      nodes,
      edges,
      paths: found.map((way) => ({ nodes: way.nodes.map((id) => keyOf.get(id)!), edges: way.edges })),
      truncated: found.length === limit || ways.some(({ cut }) => cut),
    };
  }

  /** Ids of nodes by words, best first. */
  async search(query: string, filter: GraphFilter = {}): Promise<string[]> {
    const { asOf, knownAt } = this.moment(filter);
    const scope = [this.tenantId, asOf, knownAt, this.userId ?? WHOLE_TENANT, filter.graph ?? 'main'];
    const types = filter.types ?? null;
    const words = [...new Set(parseSearchText(query.normalize().toLowerCase()).words.split(/\s+/u).filter(Boolean))].slice(0, MAX_WORDS);
    if (words.length === 0) return [];
    const { db, transaction } = this.context;
    const found = await db.query<{ id: string }>(searchGraphWords, [...scope, words, types, query.trim()], transaction);
    // What no word finds may be a misspelled name.
    const near =
      found.length === 0 && db.capabilities.trigram
        ? await db.query<{ id: string }>(searchGraphNames, [...scope, query.trim().toLowerCase(), types], transaction)
        : [];
    return [...found, ...near].map(({ id }) => id);
  }

  /** Counts of one graph, or of all. */
  async stats(graph?: string): Promise<GraphStats> {
    const values = [this.tenantId, this.userId ?? WHOLE_TENANT, graph ?? null];
    const [stats] = await this.context.db.query<GraphStats>(graphStats, values, this.context.transaction);
    return stats!;
  }

  private async rank(question: GraphQuestion, limit: number): Promise<Ranking> {
    const { query, keys, depth, types = null, edgeTypes = null, direction = 'both' } = question;
    if (query !== undefined) {
      const found = await this.search(query, question);
      if (depth === 0) return { ranked: found.map((id) => ({ id, distance: 0 })), missing: [], cut: found.length === MAX_FOUND };
      const roots = found.slice(0, Math.min(limit, MAX_ROOTS));
      const around = await this.around(roots, question, depth, direction, edgeTypes, types);
      return { ...around, missing: [], cut: around.cut || found.length > roots.length };
    }
    const known = await this.idsOf([...new Set(keys)], question);
    const around = await this.around(
      known.map(({ id }) => id),
      question,
      depth,
      direction,
      edgeTypes,
      types,
    );
    const there = new Set(around.ranked.filter(({ distance }) => distance === 0).map(({ id }) => id));
    const missing = (keys ?? []).filter((key) => !known.some((node) => node.key === key && there.has(node.id)));
    return { ...around, missing };
  }

  private async around(
    roots: readonly string[],
    moment: GraphMoment,
    depth: number,
    direction: Direction,
    edgeTypes: readonly string[] | null,
    types: readonly string[] | null,
  ): Promise<{ ranked: Ranked[]; cut: boolean }> {
    if (roots.length === 0) return { ranked: [], cut: false };
    const { asOf, knownAt } = this.moment(moment);
    const values = [this.tenantId, asOf, knownAt, roots, direction, edgeTypes, types];
    const rows = await this.context.db.query<Ranked & { cut: boolean }>(neighbourhoods[depth]!, values, this.context.transaction);
    return { ranked: rows, cut: rows.some(({ cut }) => cut) };
  }

  private idsOf(keys: readonly string[], { graph = 'main' }: GraphFilter): Promise<{ id: string; key: string }[]> {
    const values = [this.tenantId, this.userId ?? WHOLE_TENANT, graph, keys];
    return this.context.db.query<{ id: string; key: string }>(graphNodeIds, values, this.context.transaction);
  }

  private moment({ asOf, knownAt }: GraphMoment): { asOf: Date; knownAt: Date | null } {
    return { asOf: asOf ?? this.context.clock(), knownAt: knownAt ?? null };
  }
}
