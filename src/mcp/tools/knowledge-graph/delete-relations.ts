import { z } from 'zod';
import { defineTool } from '../../define.js';
import { DELETES, doneView, relation } from '../../knowledge-graph.js';

export default defineTool({
  name: 'delete_relations',
  title: 'Delete Relations',
  description: 'Delete multiple relations from the knowledge graph.',
  toolset: 'knowledge_graph',
  scope: 'graph:write',
  annotations: DELETES,
  input: z.strictObject({ relations: z.array(relation).describe('An array of relations to delete') }),
  output: doneView,
  async run({ relations }, { store }) {
    await store.knowledgeGraph.deleteRelations(relations);
    return { success: true, message: 'Relations deleted successfully' };
  },
  text: ({ message }) => message,
});
