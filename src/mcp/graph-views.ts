import { z } from 'zod';
import type { GraphEdge, GraphNode } from '../repository/graph/graph-records.js';
import { cutText } from '../search/snippet.js';

const moment = () => z.string().meta({ format: 'date-time' }).optional();
const anything = () => z.record(z.string(), z.unknown()).optional();

export const graphNodeView = z.object({
  key: z.string(),
  type: z.string().optional(),
  label: z.string().optional(),
  distance: z.number().optional().describe('Edges from what was asked for.'),
  properties: anything(),
  observations: z
    .array(
      z.object({
        text: z.string(),
        source: z.string().optional(),
        evidence: z.array(z.string()).optional(),
        valid_from: moment(),
        valid_to: moment(),
        recorded_at: moment(),
      }),
    )
    .optional(),
  observation_count: z.number().optional().describe('All it has, where some are left out.'),
  valid_from: moment(),
  valid_to: moment(),
  recorded_at: moment(),
  truncated: z.boolean().optional().describe('Something of it is left out or cut.'),
});

export const graphEdgeView = z.object({
  source: z.string(),
  type: z.string(),
  target: z.string(),
  weight: z.number().optional().describe('1 if absent.'),
  properties: anything(),
  evidence: z.array(z.string()).optional(),
  valid_from: moment(),
  valid_to: moment(),
  recorded_at: moment(),
});

type NodeView = z.output<typeof graphNodeView>;
type EdgeView = z.output<typeof graphEdgeView>;

const time = (moment: Date | null): string | undefined => moment?.toISOString();
const filled = <T extends object>(value: T): T | undefined => (Object.keys(value).length > 0 ? value : undefined);

/** Leaves out what is not there. */
const present = <T extends object>(view: T): T =>
  Object.fromEntries(Object.entries(view).filter(([, value]) => value !== null && value !== undefined)) as T;

/** A node in at most about `room` characters: the latest observations that fit are shown, and properties if they do. */
export function viewNode(node: GraphNode & { distance?: number }, room: number): NodeView {
  const properties = JSON.stringify(node.properties).length <= room / 2 ? node.properties : {};
  let left = room - JSON.stringify(properties).length;
  const shown: NonNullable<NodeView['observations']> = [];
  for (const { text, source, evidence, validFrom, validTo, recordedAt } of node.observations.toReversed()) {
    if (left <= 0) break;
    const said = { text: cutText(text, Math.max(left, 200)), source: source ?? undefined, evidence: filled(evidence.slice(0, 20)) };
    shown.unshift(present({ ...said, valid_from: time(validFrom), valid_to: time(validTo), recorded_at: time(recordedAt) }));
    left -= said.text.length + 60;
  }
  const isCut =
    shown.length < node.observationCount ||
    properties !== node.properties ||
    shown.some(({ text }, at) => text.length < node.observations.at(at - shown.length)!.text.length);
  return present({
    key: node.key,
    type: node.type ?? undefined,
    label: node.label ?? undefined,
    distance: node.distance,
    properties: filled(properties),
    observations: filled(shown),
    observation_count: shown.length < node.observationCount ? node.observationCount : undefined,
    valid_from: time(node.validFrom),
    valid_to: time(node.validTo),
    recorded_at: time(node.recordedAt),
    truncated: isCut || undefined,
  }) as NodeView;
}

const EDGE_ROOM = 500;

export const viewEdge = ({ source, type, target, weight, properties, evidence, validFrom, validTo, recordedAt }: GraphEdge): EdgeView =>
  present({
    source,
    type,
    target,
    weight: weight === 1 ? undefined : weight,
    properties: JSON.stringify(properties).length <= EDGE_ROOM ? filled(properties) : undefined,
    evidence: filled(evidence.slice(0, 10)),
    valid_from: time(validFrom),
    valid_to: time(validTo),
    recorded_at: time(recordedAt),
  }) as EdgeView;

/** A node in a line, and what was observed of it below. */
export const nodeText = ({ key, type, label, observations = [], properties, observation_count }: NodeView): string =>
  [
    `- ${key}${type ? ` (${type})` : ''}${label && label !== key ? ` “${label}”` : ''}${properties ? ` ${JSON.stringify(properties)}` : ''}`,
    ...observations.map(({ text, recorded_at }) => `  · ${text}${recorded_at ? ` [${recorded_at.slice(0, 10)}]` : ''}`),
    ...(observation_count ? [`  … ${observations.length} of ${observation_count} observations`] : []),
  ].join('\n');

export const edgeText = ({ source, type, target, valid_from, valid_to }: EdgeView): string =>
  `- ${source} —${type}→ ${target}${valid_from || valid_to ? ` [${valid_from ?? '…'} – ${valid_to ?? '…'}]` : ''}`;
