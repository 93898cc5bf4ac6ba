import { hash } from 'node:crypto';
import { type Context, Repository } from '../context.js';
import { WHOLE_TENANT } from '../sql/corpus-documents.js';
import { lockGraphNodes } from '../sql/graph-lock.js';
import { readGraphFacts, writeGraphFacts } from '../sql/graph-write.js';
import type { NodeContent } from './graph-facts.js';
import type { Json } from './graph-records.js';

export type LockedNode = NodeContent & {
  id: string;
  key: string;
  created: boolean;
  validFrom: Date | null;
  validTo: Date | null;
  recordedAt: Date;
  invalidatedAt: Date | null;
};
export type Facts = { versions: Json[]; observations: Json[]; edges: Json[] };
type Wanted = { node_id: string; text_hash: string };
type WantedEdge = { source_id: string; target_id: string; type: string };

/** One change of a graph, inside its transaction: whoever changes a node or an edge of it has the node locked. */
export abstract class GraphChange extends Repository {
  protected readonly graph: string;
  protected readonly now: Date;
  /** Nodes that are found by other words after it, with the period that goes into their row. */
  protected readonly touched = new Map<string, Json>();
  protected readonly rows = {
    endedVersions: [] as string[],
    versions: [] as Json[],
    endedObservations: [] as string[],
    observations: [] as Json[],
    endedEdges: [] as string[],
    edges: [] as Json[],
  };

  constructor(context: Context, graph: string) {
    super(context);
    this.graph = graph;
    this.now = context.clock();
  }

  protected get ownerId(): string {
    return this.userId ?? WHOLE_TENANT;
  }

  /** Those of the rows that are there, and those that it created. */
  protected lockRows(rows: readonly Json[]): Promise<LockedNode[]> {
    const values = [this.tenantId, this.ownerId, this.graph, this.now.toISOString(), JSON.stringify(rows)];
    return this.context.db.query<LockedNode>(lockGraphNodes, values, this.context.transaction);
  }

  /** Those of the keys that are nodes, or the ends of edges. */
  protected async lockKeys(keys: Iterable<string>): Promise<Map<string, LockedNode>> {
    const locked = await this.lockRows([...new Set(keys)].map((key) => ({ key, create: false })));
    return new Map(locked.map((node) => [node.key, node]));
  }

  protected async readFacts(nodeIds: readonly string[], observations: readonly Wanted[], edges: readonly WantedEdge[]): Promise<Facts> {
    const values = [this.tenantId, nodeIds, JSON.stringify(observations), JSON.stringify(edges)];
    const [facts] = await this.context.db.query<Facts>(readGraphFacts, values, this.context.transaction);
    return facts!;
  }

  /** Writes the rows, and tells the statistics of words and who is subscribed; `created` are nodes that are in the database already. */
  protected async writeFacts(created: readonly string[] = []): Promise<void> {
    const { rows, touched } = this;
    if (created.length + touched.size + Object.values(rows).reduce((sum, list) => sum + list.length, 0) === 0) return;
    await this.context.db.query(
      writeGraphFacts,
      [
        ...[this.tenantId, this.ownerId, this.graph, this.now.toISOString(), JSON.stringify([...touched.values()])],
        ...[rows.endedVersions, JSON.stringify(rows.versions), rows.endedObservations, JSON.stringify(rows.observations)],
        ...[rows.endedEdges, JSON.stringify(rows.edges), created],
      ],
      this.context.transaction,
    );
  }
}

/** Observations are the same when they are so letter by letter. */
export const textHash = (text: string): string => hash('sha256', text);
