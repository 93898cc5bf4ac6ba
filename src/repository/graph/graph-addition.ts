import { newId } from '../../ids.js';
import { type Context, Repository } from '../context.js';
import { WHOLE_TENANT } from '../sql/corpus-documents.js';
import { addGraphEdges, addGraphNodes } from '../sql/graph-add.js';
import { createGraphNodes } from '../sql/graph-create.js';
import { textHash } from './graph-change.js';
import { describesNode, edgeContent, edgeName, joinBy, joinEdges, joinNodes, nodeContent } from './graph-facts.js';
import { type GraphUpsert, type NewEdge, type NewNode, nothingDone, type Upserted } from './graph-records.js';

type Added = { plain: boolean; missing: string[]; createdNodes: string[]; createdIds: string[] };
type Dated = { validFrom?: Date | undefined; validTo?: Date | undefined };

/**
 * An upsert that only adds, in one statement and without a transaction: what most calls are. It needs that nobody else writes at
 * the same time, and answers null, with nothing written, when what is given meets earlier beliefs that it may change: that is for
 * `GraphWriter`.
 */
export class GraphAddition extends Repository {
  readonly #given: GraphUpsert;
  readonly #nodes: readonly NewNode[];
  readonly #edges: readonly NewEdge[];

  constructor(context: Context, given: GraphUpsert) {
    super(context);
    this.#given = given;
    this.#nodes = [...joinBy(given.nodes ?? [], ({ key }) => key, joinNodes).values()];
    this.#edges = [...joinBy(given.edges ?? [], edgeName, joinEdges).values()];
  }

  async write(): Promise<Upserted | null> {
    const { concurrentTransactions } = this.context.db.capabilities;
    const dated = [...this.#nodes, ...this.#nodes.flatMap(({ observations = [] }) => observations), ...this.#edges].some(isDated);
    const { absent, existing } = this.#given;
    const isOdd = existing === 'skip' && absent === 'refuse';
    if (concurrentTransactions || dated || isOdd || this.#nodes.length > 0 === this.#edges.length > 0) return null;
    return this.#nodes.length > 0 ? this.addNodes() : this.addEdges();
  }

  private async addNodes(): Promise<Upserted | null> {
    const { absent, existing } = this.#given;
    const skips = existing === 'skip';
    const rows = this.#nodes.map((node) => ({
      ...{ id: newId(), key: node.key, ...(!skips && { create: absent !== 'refuse', described: describesNode(node) }) },
      ...nodeContent(node),
      texts: node.observations?.map(({ text }) => text).join('\n') ?? '',
    }));
    const observations = this.#nodes.flatMap(({ key, observations: said = [] }) =>
      [
        ...joinBy(
          said,
          ({ text }) => text,
          (a, b) => ({ ...a, ...b, evidence: [...(a.evidence ?? []), ...(b.evidence ?? [])] }),
        ).values(),
      ].map(({ text, source = null, evidence = [] }) => ({
        id: newId(),
        key,
        text,
        text_hash: textHash(text),
        source,
        evidence: [...new Set(evidence)],
      })),
    );
    const added = await this.add(skips ? createGraphNodes : addGraphNodes, [JSON.stringify(rows), JSON.stringify(observations)]);
    if (!added.plain) return null;
    if (added.missing.length > 0) return { ...nothingDone(), missing: added.missing };
    const isNew = new Set(added.createdNodes);
    const isAdded = new Set(added.createdIds);
    const said = observations.filter(({ key }) => !skips || isNew.has(key));
    const createdObservations = said.filter(({ id }) => isAdded.has(id)).map(({ key, text }) => ({ key, text }));
    const changed = new Set(createdObservations.map(({ key }) => key));
    const updated = this.#nodes.filter(({ key }) => changed.has(key) && !isNew.has(key)).length;
    return {
      ...nothingDone(),
      nodes: { created: isNew.size, updated, unchanged: this.#nodes.length - isNew.size - updated },
      observations: { created: createdObservations.length, updated: 0, unchanged: said.length - createdObservations.length },
      ...{ createdNodes: added.createdNodes, createdObservations },
    };
  }

  private async addEdges(): Promise<Upserted | null> {
    const ends = [...new Set(this.#edges.flatMap(({ source, target }) => [source, target]))].map((key) => ({ id: newId(), key }));
    const edges = this.#edges.map((edge) => {
      const { source, target, type, properties, weight, evidence = [] } = edge;
      const bare = properties === undefined && weight === undefined && evidence.length === 0;
      return { id: newId(), source, target, type, bare, ...edgeContent(edge) };
    });
    const added = await this.add(addGraphEdges, [JSON.stringify(ends), JSON.stringify(edges), this.#given.ends === 'name']);
    if (!added.plain) return null;
    const isAdded = new Set(added.createdIds);
    const createdEdges = edges.filter(({ id }) => isAdded.has(id)).map(({ source, target, type }) => ({ source, target, type }));
    return {
      ...nothingDone(),
      nodes: { created: added.createdNodes.length, updated: 0, unchanged: 0 },
      edges: { created: createdEdges.length, updated: 0, invalidated: 0, unchanged: edges.length - createdEdges.length },
      ...{ createdNodes: added.createdNodes, createdEdges },
    };
  }

  private async add(statement: typeof addGraphNodes, values: readonly unknown[]): Promise<Added> {
    const { db, clock, transaction } = this.context;
    const graph = [this.tenantId, this.userId ?? WHOLE_TENANT, this.#given.graph ?? 'main', clock().toISOString()];
    const [added] = await db.query<Added>(statement, [...graph, ...values], transaction);
    return added!;
  }
}

const isDated = ({ validFrom, validTo }: Dated): boolean => validFrom !== undefined || validTo !== undefined;
