import { z } from 'zod';
import { readKnowledgeGraph } from '../../../services/read-knowledge-graph.js';
import { defineTool } from '../../define.js';
import { graphView, indented, pageCursor, READS, viewGraph } from '../../knowledge-graph.js';

export default defineTool({
  name: 'search_nodes',
  title: 'Search Nodes',
  description: 'Search for nodes in the knowledge graph whose name, type or observations contain a text.',
  toolset: 'knowledge_graph',
  scope: 'graph:read',
  annotations: READS,
  input: z.strictObject({
    query: z.string().describe('The search query to match against entity names, types, and observation content'),
    cursor: pageCursor(),
  }),
  output: graphView,
  run: async ({ query, cursor }, { store }) =>
    viewGraph(await readKnowledgeGraph(store.knowledgeGraph, { part: 'containing', query }, cursor)),
  text: indented,
});
