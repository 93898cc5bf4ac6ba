import { z } from 'zod';
import { defineTool } from '../../define.js';
import { indented, WRITES } from '../../knowledge-graph.js';

export default defineTool({
  name: 'add_observations',
  title: 'Add Observations',
  description: 'Add new observations to existing entities in the knowledge graph.',
  toolset: 'knowledge_graph',
  scope: 'graph:write',
  annotations: WRITES,
  input: z.strictObject({
    observations: z
      .array(
        z.object({
          entityName: z.string().describe('The name of the entity to add the observations to'),
          contents: z.array(z.string()).describe('An array of observation contents to add'),
        }),
      )
      .describe('What to add, and to which entity'),
  }),
  output: z.object({ results: z.array(z.object({ entityName: z.string(), addedObservations: z.array(z.string()) })) }),
  run: async ({ observations }, { store }) => ({ results: await store.knowledgeGraph.addObservations(observations) }),
  text: ({ results }) => indented(results),
});
