import { z } from 'zod';
import { readKnowledgeGraph } from '../../../services/read-knowledge-graph.js';
import { defineTool } from '../../define.js';
import { graphView, indented, pageCursor, READS, viewGraph } from '../../knowledge-graph.js';

export default defineTool({
  name: 'read_graph',
  title: 'Read Graph',
  description: 'Read the entire knowledge graph, a page at a time.',
  toolset: 'knowledge_graph',
  scope: 'graph:read',
  annotations: READS,
  input: z.strictObject({
    cursor: pageCursor(),
  }),
  output: graphView,
  run: async ({ cursor }, { store }) => viewGraph(await readKnowledgeGraph(store.knowledgeGraph, { part: 'all' }, cursor)),
  text: indented,
});
