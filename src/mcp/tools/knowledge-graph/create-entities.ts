import { z } from 'zod';
import { defineTool } from '../../define.js';
import { entitiesView, entity, indented, WRITES } from '../../knowledge-graph.js';

export default defineTool({
  name: 'create_entities',
  title: 'Create Entities',
  description: 'Create multiple new entities in the knowledge graph. Those whose name exists already are left as they are.',
  toolset: 'knowledge_graph',
  scope: 'graph:write',
  annotations: WRITES,
  input: z.strictObject({ entities: z.array(entity).describe('The entities to create') }),
  output: entitiesView,
  run: async ({ entities }, { store }) => ({ entities: await store.knowledgeGraph.createEntities(entities) }),
  text: ({ entities }) => indented(entities),
});
