import { invalidInput } from '../../errors.js';
import { Redaction } from '../../redaction/redaction.js';
import { Repository } from '../context.js';
import { assertMessageSize } from '../quotas/message-size.js';
import { WHOLE_TENANT } from '../sql/corpus-documents.js';
import { edgesBetween, edgesOf, listGraphNodes, loadGraphNodes, openGraphNodes } from '../sql/graph-load.js';
import { GraphAddition } from './graph-addition.js';
import type { EdgeName, GraphEdge, GraphMoment, GraphNode, GraphUpsert, NewEdge, NewNode, Upserted } from './graph-records.js';
import { type DeletedNodes, GraphRemoval, type ObservationName } from './graph-removal.js';
import { GraphWriter } from './graph-writer.js';

/** So many observations of a node are read where nobody asks for more. */
const OBSERVATIONS = 1000;

/** The named graphs of a principal: those of its user where it is bound to one, the tenant's otherwise. */
export class GraphRepository extends Repository {
  /** Writes nodes and edges, all or nothing. Safe to repeat, and for many callers at once. */
  async upsert(given: GraphUpsert): Promise<Upserted> {
    const { clean, redacted } = this.redact(given);
    for (const each of [
      ...(clean.nodes ?? []),
      ...(clean.nodes ?? []).flatMap(({ observations = [] }) => observations),
      ...(clean.edges ?? []),
    ])
      assertDates(each);
    assertMessageSize('This upsert', [clean.nodes, clean.edges], this.context.limits);
    const done =
      (await new GraphAddition(this.context, clean).write()) ??
      (await this.atomically((context) => new GraphWriter(context, clean).write()));
    return redacted ? { ...done, redacted } : done;
  }

  /** With their observations and edges. Unknown keys are left out of the answer. */
  deleteNodes(keys: readonly string[], graph = 'main'): Promise<DeletedNodes> {
    return new GraphRemoval(this.context, graph).nodes(keys);
  }

  deleteEdges(edges: readonly EdgeName[], graph = 'main'): Promise<EdgeName[]> {
    return new GraphRemoval(this.context, graph).edges(edges);
  }

  deleteObservations(observations: readonly ObservationName[], graph = 'main'): Promise<ObservationName[]> {
    return new GraphRemoval(this.context, graph).observations(observations);
  }

  /** Nodes by exact key, in that order; those that are not there are left out. */
  async open(keys: readonly string[], { graph = 'main', observations = OBSERVATIONS, ...moment }: Reading = {}): Promise<GraphNode[]> {
    return this.nodes(openGraphNodes, moment, [keys, observations, this.ownerId, graph]);
  }

  /** Nodes by id, in that order. */
  async load(ids: readonly string[], { observations = OBSERVATIONS, ...moment }: Reading = {}): Promise<GraphNode[]> {
    return this.nodes(loadGraphNodes, moment, [ids, observations]);
  }

  /** All nodes in the order they were made, a page at a time: `after` is the id of the last one seen. */
  async list(
    page: { limit: number; after?: string | null | undefined },
    { graph = 'main', observations = OBSERVATIONS, ...moment }: Reading = {},
  ): Promise<GraphNode[]> {
    return this.nodes(listGraphNodes, moment, [page.after ?? null, observations, this.ownerId, graph, page.limit]);
  }

  /** Edges between two sets of nodes, the strongest first. */
  async edgesBetween(
    ids: readonly string[],
    others: readonly string[],
    { limit, types, ...moment }: GraphMoment & { limit: number; types?: readonly string[] | undefined },
  ): Promise<GraphEdge[]> {
    const values = [...this.moment(moment), ids, others, types ?? null, limit];
    return this.context.db.query<GraphEdge>(edgesBetween, values, this.context.transaction);
  }

  /** Edges that begin or end at nodes, in the order they were made; of each node and direction the strongest `perNode`. */
  async edgesOf(ids: readonly string[], { perNode, ...moment }: GraphMoment & { perNode: number }): Promise<GraphEdge[]> {
    return this.context.db.query<GraphEdge>(edgesOf, [...this.moment(moment), ids, perNode], this.context.transaction);
  }

  private get ownerId(): string {
    return this.userId ?? WHOLE_TENANT;
  }

  private moment({ asOf, knownAt }: GraphMoment): unknown[] {
    return [this.tenantId, asOf ?? this.context.clock(), knownAt ?? null];
  }

  private async nodes(statement: typeof openGraphNodes, moment: GraphMoment, values: unknown[]): Promise<GraphNode[]> {
    const rows = await this.context.db.query<GraphNode>(statement, [...this.moment(moment), ...values], this.context.transaction);
    return rows.map((row) => ({ ...row, observations: row.observations.map(readDates) }));
  }

  private redact(given: GraphUpsert): { clean: GraphUpsert; redacted: Upserted['redacted'] } {
    const redaction = new Redaction(this.context.redact ?? 'mask');
    const nodes = given.nodes?.map((node: NewNode, at) => {
      const { label, properties, observations } = node;
      const said = { label, properties, observations };
      const clean = redaction.deep(said, `nodes[${at}]`);
      return clean === said ? node : { ...node, ...clean };
    });
    const edges = given.edges?.map((edge: NewEdge, at) => ({
      ...edge,
      properties: redaction.deep(edge.properties, `edges[${at}].properties`),
    }));
    return { clean: { ...given, nodes, edges }, redacted: redaction.found };
  }
}

export type Reading = GraphMoment & { graph?: string | undefined; observations?: number | undefined };

function assertDates({ validFrom, validTo }: { validFrom?: Date | undefined; validTo?: Date | undefined }): void {
  if (validFrom && validTo && validFrom >= validTo)
    throw invalidInput('valid_from must be before valid_to. Nothing was stored.', 'Give two different moments, or leave one out.');
}

/** Dates inside JSON come as text. */
const readDates = (row: GraphNode['observations'][number]): GraphNode['observations'][number] => ({
  ...row,
  validFrom: row.validFrom && new Date(row.validFrom),
  validTo: row.validTo && new Date(row.validTo),
  recordedAt: new Date(row.recordedAt),
});
