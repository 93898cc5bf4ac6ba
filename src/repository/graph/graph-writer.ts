import { AppError } from '../../errors.js';
import { newId } from '../../ids.js';
import type { Context } from '../context.js';
import { type Facts, GraphChange, type LockedNode, textHash } from './graph-change.js';
import {
  columnsOf,
  describesNode,
  type EdgeContent,
  edgeName,
  factOf,
  givenEdge,
  givenNode,
  givenObservation,
  groupBy,
  joinBy,
  joinEdges,
  joinNodes,
  type NodeContent,
  nodeContent,
  type ObservationContent,
  periodOf,
} from './graph-facts.js';
import { type GraphUpsert, type Json, type NewNode, type NewObservation, nothingDone, type Upserted } from './graph-records.js';
import { changeFact, type Fact } from './graph-timeline.js';

/** Another caller creates what this one wants to lock, at the same moment; it cannot do so often. */
const MAX_RACES = 20;

/** One upsert: locks the nodes, creating what is not there, reads what is believed of what is given, and writes what changes. */
export class GraphWriter extends GraphChange {
  readonly #given: GraphUpsert;
  readonly #nodes: Map<string, NewNode>;
  readonly #edges;
  readonly #changes = new Map<string, 'created' | 'updated' | 'unchanged'>();
  readonly #result: Upserted = nothingDone();

  constructor(context: Context, given: GraphUpsert) {
    super(context, given.graph ?? 'main');
    this.#given = given;
    this.#nodes = joinBy(given.nodes ?? [], ({ key }) => key, joinNodes);
    this.#edges = joinBy(given.edges ?? [], edgeName, joinEdges);
  }

  async write(): Promise<Upserted> {
    const locked = await this.lock();
    if (this.#result.missing.length > 0) return this.#result;
    const facts = await this.read(locked);
    for (const node of locked.values()) this.planNode(node, facts);
    for (const node of locked.values()) this.planObservations(node, facts);
    this.planEdges(locked, facts);
    for (const change of this.#changes.values()) this.#result.nodes[change] += 1;
    this.#result.createdNodes = [...this.#changes].flatMap(([key, change]) => (change === 'created' ? [key] : []));
    await this.writeFacts([...locked.values()].filter((node) => node.created && node.invalidatedAt === null).map(({ id }) => id));
    return this.#result;
  }

  private async lock(): Promise<Map<string, LockedNode>> {
    const ends = [...this.#edges.values()].flatMap(({ source, target }) => [source, target]);
    const named = [...new Set([...this.#nodes.keys(), ...ends])];
    // Ids in the order given, which is the order nodes are listed in; locks in the order of keys, so that no two callers wait for each other.
    const ids = new Map(named.map((key) => [key, newId()]));
    const keys = named.toSorted();
    const refuse = this.#given.absent === 'refuse';
    const rows = keys.map((key) => {
      const node = this.#nodes.get(key);
      const { label, type, properties } = nodeContent(node ?? { key });
      const texts = node?.observations?.map(({ text }) => text).join('\n') ?? '';
      const dates = { valid_from: node?.validFrom ?? null, valid_to: node?.validTo ?? null };
      return {
        id: ids.get(key),
        key,
        create: !refuse,
        named: !node && this.#given.ends === 'name',
        label,
        type,
        properties,
        texts,
        ...dates,
      };
    });
    const locked = new Map<string, LockedNode>();
    for (let race = 0; race < MAX_RACES; race += 1) {
      for (const node of await this.lockRows(rows))
        locked.set(node.key, { ...node, created: node.created || locked.get(node.key)?.created === true });
      if (refuse) this.#result.missing = keys.filter((key) => !isThere(locked.get(key)));
      if (refuse || locked.size === keys.length) return locked;
    }
    throw new AppError('unavailable', 'Others are creating the same nodes. Nothing was stored.', { hint: 'Try again in a moment.' });
  }

  private async read(locked: ReadonlyMap<string, LockedNode>): Promise<Facts> {
    const old = [...locked.values()].filter(({ created }) => !created);
    if (old.length === 0) return { versions: [], observations: [], edges: [] };
    const observations = old.flatMap(({ id, key }) =>
      (this.#nodes.get(key)?.observations ?? []).map(({ text }) => ({ node_id: id, text_hash: textHash(text) })),
    );
    const edges = [...this.#edges.values()].map(({ source, target, type }) => ({
      ...{ source_id: locked.get(source)!.id, target_id: locked.get(target)!.id, type },
    }));
    return this.readFacts(
      old.map(({ id }) => id),
      observations,
      edges,
    );
  }

  private planNode(node: LockedNode, { versions }: Facts): void {
    const given = this.#nodes.get(node.key);
    const known = isThere(node);
    if (!given && (known ? !node.created : this.#given.ends === 'name')) return;
    if (node.created) {
      this.#changes.set(node.key, 'created');
      return;
    }
    if (given && known && (this.#given.existing === 'skip' || !describesNode(given))) {
      this.#changes.set(node.key, 'unchanged');
      return;
    }
    const past = versions.filter((row) => row.node_id === node.id).map((row) => factOf(row, contentOf(row)));
    const head: Fact<NodeContent> = { ...periodOf(node), id: node.id, content: contentOf(node) };
    const plan = changeFact(known ? [...past, head] : [], givenNode(given ?? { key: node.key }), this.now.getTime());
    this.#changes.set(node.key, known && plan.change === 'created' ? 'updated' : plan.change);
    if (plan.change === 'unchanged') return;
    // The latest period is the one in the node's row.
    const latest = plan.added.at(-1)!;
    const takesHead = !known || plan.ended.includes(head) || latest.from >= head.to;
    this.touched.set(node.id, {
      ...{ id: node.id, head: takesHead, ended: !known || plan.ended.includes(head), version_id: newId() },
      ...(takesHead && { ...latest.content, ...columnsOf(latest) }),
    });
    this.rows.endedVersions.push(...plan.ended.filter((fact) => fact !== head).map(({ id }) => id));
    for (const period of plan.added)
      if (!takesHead || period !== latest)
        this.rows.versions.push({ id: newId(), node_id: node.id, ...period.content, ...columnsOf(period) });
  }

  private planObservations(node: LockedNode, facts: Facts): void {
    const change = this.#changes.get(node.key);
    if (this.#given.existing === 'skip' && change !== 'created') return;
    const { observations, createdObservations } = this.#result;
    const byText = groupBy(this.#nodes.get(node.key)?.observations ?? [], ({ text }) => text);
    for (const [text, mentions] of byText) {
      const text_hash = textHash(text);
      const known = facts.observations
        .filter((row) => row.node_id === node.id && row.text_hash === text_hash)
        .map((row) => factOf(row, { source: row.source, evidence: row.evidence } as ObservationContent));
      const given = Object.assign({}, ...mentions, { evidence: mentions.flatMap(({ evidence = [] }) => evidence) }) as NewObservation;
      const plan = changeFact(known, givenObservation(given), this.now.getTime());
      observations[plan.change] += 1;
      if (plan.change === 'unchanged') continue;
      if (plan.change === 'created') createdObservations.push({ key: node.key, text });
      if (change === 'unchanged') this.#changes.set(node.key, 'updated');
      this.rows.endedObservations.push(...plan.ended.map(({ id }) => id));
      for (const period of plan.added)
        this.rows.observations.push({ id: newId(), node_id: node.id, text, text_hash, ...period.content, ...columnsOf(period) });
      // What a new node is found by was written with it.
      if (!node.created && !this.touched.has(node.id)) this.touched.set(node.id, { id: node.id, head: false });
    }
  }

  private planEdges(locked: ReadonlyMap<string, LockedNode>, facts: Facts): void {
    const { edges, createdEdges } = this.#result;
    const stored = groupBy(facts.edges, ({ source_id, target_id, type }) =>
      edgeName({ source: String(source_id), target: String(target_id), type: String(type) }),
    );
    for (const edge of this.#edges.values()) {
      const { source, target, type } = edge;
      const ends = { source_id: locked.get(source)!.id, target_id: locked.get(target)!.id, type };
      const known = (stored.get(edgeName({ source: ends.source_id, target: ends.target_id, type })) ?? []).map((row) =>
        factOf(row, { properties: row.properties, weight: Math.fround(Number(row.weight)), evidence: row.evidence } as EdgeContent),
      );
      const plan = changeFact(known, givenEdge(edge), this.now.getTime());
      edges[plan.change] += 1;
      edges.invalidated += plan.ended.length;
      if (plan.change === 'created') createdEdges.push({ source, target, type });
      this.rows.endedEdges.push(...plan.ended.map(({ id }) => id));
      for (const period of plan.added) this.rows.edges.push({ id: newId(), ...ends, ...period.content, ...columnsOf(period) });
    }
  }
}

const isThere = (node: LockedNode | undefined): boolean => node !== undefined && node.invalidatedAt === null;

const contentOf = ({ label, type, properties }: Json | LockedNode): NodeContent => ({ label, type, properties }) as NodeContent;
