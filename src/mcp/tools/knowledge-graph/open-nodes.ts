import { z } from 'zod';
import { readKnowledgeGraph } from '../../../services/read-knowledge-graph.js';
import { defineTool } from '../../define.js';
import { graphView, indented, pageCursor, READS, viewGraph } from '../../knowledge-graph.js';

export default defineTool({
  name: 'open_nodes',
  title: 'Open Nodes',
  description: 'Open specific nodes in the knowledge graph by their names, with their relations.',
  toolset: 'knowledge_graph',
  scope: 'graph:read',
  annotations: READS,
  input: z.strictObject({
    names: z.array(z.string()).describe('An array of entity names to retrieve'),
    cursor: pageCursor(),
  }),
  output: graphView,
  run: async ({ names, cursor }, { store }) => viewGraph(await readKnowledgeGraph(store.knowledgeGraph, { part: 'named', names }, cursor)),
  text: indented,
});
