import { z } from 'zod';
import { defineTool } from '../../define.js';
import { DELETES, doneView } from '../../knowledge-graph.js';

export default defineTool({
  name: 'delete_observations',
  title: 'Delete Observations',
  description: 'Delete specific observations from entities in the knowledge graph.',
  toolset: 'knowledge_graph',
  scope: 'graph:write',
  annotations: DELETES,
  input: z.strictObject({
    deletions: z
      .array(
        z.object({
          entityName: z.string().describe('The name of the entity containing the observations'),
          observations: z.array(z.string()).describe('An array of observations to delete'),
        }),
      )
      .describe('What to delete, and from which entity'),
  }),
  output: doneView,
  async run({ deletions }, { store }) {
    await store.knowledgeGraph.deleteObservations(deletions);
    return { success: true, message: 'Observations deleted successfully' };
  },
  text: ({ message }) => message,
});
