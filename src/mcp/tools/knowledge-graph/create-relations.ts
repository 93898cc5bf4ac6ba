import { z } from 'zod';
import { defineTool } from '../../define.js';
import { indented, newRelation, relationsView, WRITES } from '../../knowledge-graph.js';

export default defineTool({
  name: 'create_relations',
  title: 'Create Relations',
  description: 'Create multiple new relations between entities in the knowledge graph. Relations should be in active voice.',
  toolset: 'knowledge_graph',
  scope: 'graph:write',
  annotations: WRITES,
  input: z.strictObject({ relations: z.array(newRelation).describe('The relations to create') }),
  output: relationsView,
  run: async ({ relations }, { store }) => ({ relations: await store.knowledgeGraph.createRelations(relations) }),
  text: ({ relations }) => indented(relations),
});
