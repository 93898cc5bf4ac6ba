import { readKnowledgeGraph } from '../../services/read-knowledge-graph.js';
import { defineResource } from '../define.js';
import { indented, KNOWLEDGE_GRAPH_URI, viewGraph } from '../knowledge-graph.js';

export default defineResource({
  name: 'knowledge-graph',
  title: 'Knowledge Graph',
  description: 'The knowledge graph with its entities and relations; the tool read_graph goes on where this ends.',
  uriTemplate: KNOWLEDGE_GRAPH_URI,
  mimeType: 'application/json',
  scope: 'graph:read',

  async read(_, { store }) {
    const page = await readKnowledgeGraph(store.knowledgeGraph, { part: 'all' }, undefined);
    return { mimeType: 'application/json', text: indented(viewGraph(page)) };
  },

  topicOf: (_, { store }) => store.knowledgeGraph.topic,
});
