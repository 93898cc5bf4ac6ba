import { z } from 'zod';
import { defineTool } from '../../define.js';
import { DELETES, doneView } from '../../knowledge-graph.js';

export default defineTool({
  name: 'delete_entities',
  title: 'Delete Entities',
  description: 'Delete multiple entities and their associated relations from the knowledge graph.',
  toolset: 'knowledge_graph',
  scope: 'graph:write',
  annotations: DELETES,
  input: z.strictObject({ entityNames: z.array(z.string()).describe('An array of entity names to delete') }),
  output: doneView,
  async run({ entityNames }, { store }) {
    await store.knowledgeGraph.deleteEntities(entityNames);
    return { success: true, message: 'Entities deleted successfully' };
  },
  text: ({ message }) => message,
});
