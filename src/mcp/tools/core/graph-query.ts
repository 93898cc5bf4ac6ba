import { z } from 'zod';
import { counted } from '../../../counted.js';
import { invalidInput } from '../../../errors.js';
import { DIRECTIONS } from '../../../repository/graph/graph-query.js';
import { defineTool } from '../../define.js';
import { edgeText, graphEdgeView, graphNodeView, nodeText, viewEdge, viewNode } from '../../graph-views.js';
import { clip } from '../../results.js';
import { cursor, graphName, limit, nodeKey, shortName, timestamp, typeName } from '../../schemas.js';

/** Characters of stored text in one answer. */
const ROOM = 14_000;
const PATH_DEPTH = 4;
const MOST_PATHS = 10;

export default defineTool({
  name: 'graph_query',
  title: 'Look into the graph',
  description: 'Find entities by words, what is around keys, or shortest paths: pass query, keys, or from and to.',
  toolset: 'core',
  scope: 'graph:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    query: shortName(1000).optional().describe('Words or a rough name.'),
    keys: z.array(nodeKey()).min(1).max(50).optional().describe('Exact keys.'),
    from: nodeKey().optional().describe('Path start.'),
    to: nodeKey().optional().describe('Path end.'),
    types: z.array(typeName()).max(20).optional().describe('Node types.'),
    edge_types: z.array(typeName()).max(20).optional().describe('Edge types.'),
    direction: z.enum(DIRECTIONS).default('both').describe('Of edges (both).'),
    depth: z.number().int().min(0).max(4).optional().describe('Edges away (query 0, keys 1, path 4).'),
    as_of: timestamp().optional().describe('True then.'),
    known_at: timestamp().optional().describe('Believed then.'),
    graph: graphName(),
    limit: limit(20, 100),
    cursor: cursor().optional(),
  }),
  output: z.object({
    nodes: z.array(graphNodeView),
    edges: z.array(graphEdgeView).describe('Between nodes answered up to here.'),
    paths: z.array(z.object({ nodes: z.array(z.string()), edges: z.array(z.string()).describe('Types.') })).optional(),
    missing: z.array(z.string()).optional().describe('Keys that are no nodes.'),
    next_cursor: z.string().nullable(),
    truncated: z.boolean().describe('There is more: the best are shown.'),
  }),

  async run({ query, keys, from, to, depth, limit, cursor, as_of, known_at, edge_types, ...filter }, { store }) {
    const ways = [query !== undefined, keys !== undefined, from !== undefined || to !== undefined];
    if (ways.filter(Boolean).length !== 1 || (from === undefined) !== (to === undefined))
      throw invalidInput('Pass exactly one of query, keys, or from together with to.');
    const common = { ...filter, edgeTypes: edge_types, asOf: as_of, knownAt: known_at };
    if (from !== undefined && to !== undefined) {
      if (cursor !== undefined) throw invalidInput('Paths have no pages.', 'Leave cursor out.');
      const found = await store.graphQueries.paths(from, to, { ...common, limit: Math.min(limit, MOST_PATHS), depth: depth ?? PATH_DEPTH });
      const types = new Map(found.edges.map(({ id, type }) => [id, type]));
      return {
        nodes: found.nodes.map((node) => viewNode(node, ROOM / found.nodes.length)),
        edges: found.edges.map(viewEdge),
        paths: found.paths.map(({ nodes, edges }) => ({ nodes, edges: edges.map((id) => types.get(id)!) })),
        next_cursor: null,
        truncated: found.truncated,
      };
    }
    const question = { ...common, query, keys, depth: depth ?? (keys ? 1 : 0) };
    const { nodes, edges, missing, nextCursor, truncated } = await store.graphQueries.find(question, { limit, cursor });
    return {
      nodes: nodes.map((node) => viewNode(node, ROOM / nodes.length)),
      edges: edges.map(viewEdge),
      ...(missing.length > 0 && { missing }),
      next_cursor: nextCursor,
      truncated,
    };
  },

  text({ nodes, edges, paths, missing = [], next_cursor, truncated }) {
    const found = paths
      ? [
          paths.length === 0 ? 'No path found.' : `${paths.length} shortest paths, ${paths[0]!.edges.length} edges long:`,
          ...paths.map(({ nodes }) => `- ${nodes.join(' → ')}`),
        ]
      : [];
    return clip(
      [
        ...found,
        nodes.length === 0 ? 'No nodes.' : `${counted(nodes.length, 'node')}:`,
        ...nodes.map(nodeText),
        ...(edges.length > 0 ? [`${counted(edges.length, 'edge')}:`, ...edges.map(edgeText)] : []),
        ...(missing.length > 0 ? [`Not in the graph: ${missing.join(', ')}`] : []),
        ...(truncated ? ['There is more; these are the best. Narrow it by types, edge_types or depth.'] : []),
        ...(next_cursor ? [`More: cursor ${next_cursor}`] : []),
      ].join('\n'),
    );
  },
});
