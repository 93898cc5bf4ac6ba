import { z } from 'zod';
import { counted } from '../../../counted.js';
import { defineTool } from '../../define.js';
import { name } from '../../schemas.js';

const count = () => z.number();
const byType = () => z.array(z.object({ type: z.string().nullable(), count: count() })).describe('The most frequent.');

export default defineTool({
  name: 'graph_stats',
  title: 'Count the graph',
  description: 'How many nodes, edges and observations are in a graph, of which types, and which nodes have the most edges.',
  toolset: 'graph_admin',
  scope: 'graph:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ graph: name(100).optional().describe('Graph (all).') }),
  output: z.object({
    graphs: z.array(z.object({ graph: z.string(), nodes: count() })),
    nodes: count(),
    edges: count(),
    observations: count(),
    closed: z.object({ nodes: count(), edges: count(), observations: count() }).describe('Kept for as_of and known_at.'),
    node_types: byType(),
    edge_types: byType(),
    hubs: z.array(z.object({ graph: z.string(), key: z.string(), edges: count() })),
  }),

  async run({ graph }, { store }) {
    const { nodeTypes, edgeTypes, ...stats } = await store.graphQueries.stats(graph);
    return { ...stats, node_types: nodeTypes, edge_types: edgeTypes };
  },

  text: ({ graphs, nodes, edges, observations, hubs }) =>
    [
      `${counted(nodes, 'node')}, ${counted(edges, 'edge')}, ${counted(observations, 'observation')} in ${counted(graphs.length, 'graph')}.`,
      ...graphs.map(({ graph, nodes }) => `- ${graph}: ${counted(nodes, 'node')}`),
      ...(hubs.length > 0 ? [`Most edges: ${hubs.map(({ key, edges }) => `${key} (${edges})`).join(', ')}`] : []),
    ].join('\n'),
});
