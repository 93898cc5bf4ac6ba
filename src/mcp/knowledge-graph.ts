import { z } from 'zod';
import { NAME_LENGTH } from '../repository/graph/knowledge-graph.js';
import type { GraphPage } from '../services/read-knowledge-graph.js';
import { TEXT_LIMIT } from './results.js';
import { cursor as cursorText } from './schemas.js';

/** The resource of the reference memory server, under its own address. */
export const KNOWLEDGE_GRAPH_URI = 'memory://knowledge-graph';

// Names, types and texts are taken as the reference takes them, so nothing here trims or counts what a caller sends. Unknown
// keys inside an entity or a relation are dropped, as there.
export const entity = z.object({
  name: z.string().min(1).max(NAME_LENGTH).describe('The name of the entity'),
  entityType: z.string().describe('The type of the entity'),
  observations: z.array(z.string()).describe('An array of observation contents associated with the entity'),
});

const relationOf = (text: z.ZodString) =>
  z.object({
    from: text.describe('The name of the entity where the relation starts'),
    to: text.describe('The name of the entity where the relation ends'),
    relationType: text.describe('The type of the relation'),
  });
export const newRelation = relationOf(z.string().min(1).max(NAME_LENGTH));
export const relation = relationOf(z.string());

const entityView = z.object({ name: z.string(), entityType: z.string(), observations: z.array(z.string()) });
const relationView = z.object({ from: z.string(), to: z.string(), relationType: z.string() });
export const entitiesView = z.object({ entities: z.array(entityView) });
export const relationsView = z.object({ relations: z.array(relationView) });
export const doneView = z.object({ success: z.boolean(), message: z.string() });

/** What the reference answers, and more only when it was cut. */
export const graphView = z.object({
  entities: z.array(entityView),
  relations: z.array(relationView),
  truncated: z.boolean().optional().describe('True: there is more.'),
  left_out: z
    .object({ entities: z.number(), relations: z.number() })
    .optional()
    .describe('So many are still to come, or more: they are counted up to 1000, of a search up to 200.'),
  next_cursor: z.string().optional().describe('Call again with it for what was left out.'),
});

export const pageCursor = () => cursorText().optional().describe('`next_cursor` of the answer before, for what it left out.');

export const viewGraph = ({ entities, relations, leftOut, nextCursor }: GraphPage): z.input<typeof graphView> => ({
  entities,
  relations,
  ...(leftOut && { truncated: true, left_out: leftOut }),
  ...(nextCursor !== null && { next_cursor: nextCursor }),
});

/** The text of the reference: the answer as indented JSON. What does not fit is only in the structured result. */
export const indented = (value: unknown): string => {
  const text = JSON.stringify(value, null, 2);
  return Buffer.byteLength(text) <= TEXT_LIMIT
    ? text
    : `Done; the structured result lists all ${Array.isArray(value) ? value.length : ''}.`;
};

export const WRITES = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false } as const;
export const DELETES = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false } as const;
export const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
