import { defineJob } from './define.js';

export default defineJob({
  name: 'embeddings',
  summary: 'embeds what has no vector yet in tenants that nobody works with',
  setting: 'jobEmbeddings',
  applies: ({ embeddingsUrl, embeddingsModelDir }) => embeddingsUrl !== null || embeddingsModelDir !== null,
  runFor: async (tenantId, { host }) => ({ vectors: await host.embeddings.catchUp(tenantId) }),
});
