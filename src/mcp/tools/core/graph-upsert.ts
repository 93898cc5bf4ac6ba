import { z } from 'zod';
import { invalidInput } from '../../../errors.js';
import type { NewObservation } from '../../../repository/graph/graph-records.js';
import { defineTool } from '../../define.js';
import { redactedText } from '../../results.js';
import { graphName, jsonObject, name, nodeKey, redactedView, timestamp, typeName, uuid } from '../../schemas.js';

const MOST = 500;
const validity = () => ({
  valid_from: timestamp().optional().describe('True from.'),
  valid_to: timestamp().optional().describe('True until.'),
});
const evidence = () => z.array(uuid()).max(100).optional().describe('Message or memory ids.');
const properties = () => jsonObject().optional().describe('Merged; null deletes.');
const count = () => z.number();

// Published as a sentence in the description: its schema would take a tenth of what all tools may take.
const observation = z.union([
  name(5000),
  z.strictObject({
    text: name(5000).describe('The sentence.'),
    source: name().optional().describe('Who says so.'),
    evidence: evidence(),
    ...validity(),
  }),
]);

export default defineTool({
  name: 'graph_upsert',
  title: 'Write to the graph',
  description: 'Store entities and relations. A changed fact stays true of the past; valid_to ends one.',
  toolset: 'core',
  scope: 'graph:write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    nodes: z
      .array(
        z.strictObject({
          key: nodeKey().describe('Unique name.'),
          type: typeName().optional().describe('Like person.'),
          label: nodeKey().optional().describe('Display name.'),
          properties: properties(),
          observations: z
            .array(z.unknown().pipe(observation))
            .max(MOST)
            .optional()
            .describe('Sentences, or {text, source, evidence, valid_from, valid_to}.'),
          ...validity(),
        }),
      )
      .max(MOST)
      .default([])
      .describe('Entities.'),
    edges: z
      .array(
        z.strictObject({
          source: nodeKey().describe('Its start.'),
          target: nodeKey().describe('Its end.'),
          type: typeName().describe('Like works_at.'),
          properties: properties(),
          weight: z.number().min(0).optional().describe('Strength (1).'),
          evidence: evidence(),
          ...validity(),
        }),
      )
      .max(MOST)
      .default([])
      .describe('Relations.'),
    graph: graphName(),
  }),
  output: z.object({
    nodes: z.object({ created: count(), updated: count(), unchanged: count() }),
    edges: z.object({ created: count(), updated: count(), invalidated: count().describe('Earlier facts closed.'), unchanged: count() }),
    redacted: redactedView(),
  }),

  async run({ nodes, edges, graph }, { store }) {
    if (nodes.length + edges.length === 0) throw invalidInput('There is nothing to store.', 'Pass nodes, edges or both.');
    const done = await store.graph.upsert({
      graph,
      nodes: nodes.map(({ observations, valid_from, valid_to, ...node }) => ({
        ...node,
        validFrom: valid_from,
        validTo: valid_to,
        observations: observations?.map(
          (said): NewObservation =>
            typeof said === 'string'
              ? { text: said }
              : { text: said.text, source: said.source, evidence: said.evidence, validFrom: said.valid_from, validTo: said.valid_to },
        ),
      })),
      edges: edges.map(({ valid_from, valid_to, ...edge }) => ({ ...edge, validFrom: valid_from, validTo: valid_to })),
    });
    return { nodes: done.nodes, edges: done.edges, ...(done.redacted && { redacted: done.redacted }) };
  },

  text: ({ nodes, edges, redacted }) => `Nodes: ${counts(nodes)}. Edges: ${counts(edges)}.${redactedText(redacted)}`,
});

const counts = (done: Record<string, number>): string =>
  Object.entries(done)
    .filter(([, value]) => value > 0)
    .map(([what, value]) => `${value} ${what}`)
    .join(', ') || 'none';
