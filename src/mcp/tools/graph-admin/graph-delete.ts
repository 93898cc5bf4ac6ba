import { z } from 'zod';
import { counted } from '../../../counted.js';
import { invalidInput } from '../../../errors.js';
import { defineTool } from '../../define.js';
import { graphName, name, nodeKey, typeName } from '../../schemas.js';

const MOST = 500;
const count = () => z.number();

export default defineTool({
  name: 'graph_delete',
  title: 'Delete from the graph',
  description:
    'Stop believing nodes (with their observations and edges), edges or single observations. Only `known_at` still finds them. To end what was true, use graph_upsert with valid_to instead.',
  toolset: 'graph_admin',
  scope: 'graph:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    nodes: z
      .array(z.union([nodeKey(), z.strictObject({ key: nodeKey().describe('Key of the node.') })]))
      .max(MOST)
      .default([])
      .describe('Nodes, by key.'),
    keys: z.array(nodeKey()).max(MOST).default([]).describe('The same as nodes.'),
    edges: z
      .array(
        z.strictObject({
          source: nodeKey().describe('Its start.'),
          target: nodeKey().describe('Its end.'),
          type: typeName().describe('Its type.'),
        }),
      )
      .max(MOST)
      .default([])
      .describe('Edges.'),
    observations: z
      .array(z.strictObject({ key: nodeKey().describe('Key of the node.'), text: name(5000).describe('Exactly as stored.') }))
      .max(MOST)
      .default([])
      .describe('Observations.'),
    graph: graphName(),
  }),
  output: z.object({
    deleted: z.object({ nodes: count(), edges: count(), observations: count() }),
    not_found: z.number().describe('Of those named.'),
  }),

  async run({ nodes, keys: others, edges, observations, graph }, { store }) {
    const keys = [...nodes.map((node) => (typeof node === 'string' ? node : node.key)), ...others];
    const named = new Set([keys, edges, observations].flat().map((each) => JSON.stringify(each))).size;
    if (named === 0) throw invalidInput('There is nothing to delete.', 'Pass nodes, edges or observations.');
    return store.transaction(async ({ graph: of }) => {
      const goneObservations = await of.deleteObservations(observations, graph);
      const goneEdges = await of.deleteEdges(edges, graph);
      const goneNodes = await of.deleteNodes(keys, graph);
      return {
        deleted: {
          nodes: goneNodes.keys.length,
          edges: goneEdges.length + goneNodes.edges,
          observations: goneObservations.length + goneNodes.observations,
        },
        not_found: named - goneNodes.keys.length - goneEdges.length - goneObservations.length,
      };
    });
  },

  text: ({ deleted: { nodes, edges, observations }, not_found }) =>
    `Deleted ${counted(nodes, 'node')}, ${counted(edges, 'edge')} and ${counted(observations, 'observation')}.${not_found > 0 ? ` ${not_found} were not there.` : ''}`,
});
