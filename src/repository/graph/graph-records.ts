import type { Redacted } from '../../redaction/redaction.js';

export type Json = Record<string, unknown>;
/** When something was true; null is without end. */
export type Validity = { validFrom: Date | null; validTo: Date | null };
type GivenValidity = { validFrom?: Date | undefined; validTo?: Date | undefined };

export type NewObservation = GivenValidity & { text: string; source?: string | undefined; evidence?: readonly string[] | undefined };

export type NewNode = GivenValidity & {
  key: string;
  type?: string | null | undefined;
  label?: string | null | undefined;
  /** Merged with what is known; null takes a property away. */
  properties?: Json | undefined;
  observations?: readonly NewObservation[] | undefined;
};

export type EdgeName = { source: string; target: string; type: string };

export type NewEdge = EdgeName &
  GivenValidity & {
    properties?: Json | undefined;
    weight?: number | undefined;
    /** Ids of messages or memories, added to those known. */
    evidence?: readonly string[] | undefined;
  };

export type GraphUpsert = {
  graph?: string | undefined;
  nodes?: readonly NewNode[] | undefined;
  edges?: readonly NewEdge[] | undefined;
  /** What becomes of a node that is there already: what is given is merged into it (default), or it is left as it is, edges aside. */
  existing?: 'merge' | 'skip' | undefined;
  /** What becomes of a node that is not there: it is created (default), or nothing at all is written and `missing` names it. */
  absent?: 'create' | 'refuse' | undefined;
  /** What an edge makes of an end that is not there: a node (default), or a name that is no node until someone describes it. */
  ends?: 'create' | 'name' | undefined;
};

export type Upserted = {
  nodes: { created: number; updated: number; unchanged: number };
  edges: { created: number; updated: number; invalidated: number; unchanged: number };
  observations: { created: number; updated: number; unchanged: number };
  createdNodes: string[];
  createdEdges: EdgeName[];
  createdObservations: { key: string; text: string }[];
  /** Keys that `absent: 'refuse'` did not find; then nothing was written. */
  missing: string[];
  redacted?: Redacted[] | undefined;
};

export const nothingDone = (): Upserted => ({
  nodes: { created: 0, updated: 0, unchanged: 0 },
  edges: { created: 0, updated: 0, invalidated: 0, unchanged: 0 },
  observations: { created: 0, updated: 0, unchanged: 0 },
  ...{ createdNodes: [], createdEdges: [], createdObservations: [], missing: [] },
});

export type GraphObservation = Validity & { text: string; source: string | null; evidence: string[]; recordedAt: Date };

export type GraphNode = Validity & {
  id: string;
  key: string;
  type: string | null;
  label: string | null;
  properties: Json;
  recordedAt: Date;
  updatedAt: Date;
  observations: GraphObservation[];
  /** How many it has; more than are in `observations` where those were cut. */
  observationCount: number;
};

export type GraphEdge = EdgeName & Validity & { id: string; properties: Json; weight: number; evidence: string[]; recordedAt: Date };

/** What was true at `asOf` as believed at `knownAt`; null is now. */
export type GraphMoment = { asOf?: Date | null | undefined; knownAt?: Date | null | undefined };
