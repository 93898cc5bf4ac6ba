import { z } from 'zod';
import { assertScope } from '../../assert-scope.js';
import { defineTool } from '../../define.js';
import { jsonObject, name, uuid } from '../../schemas.js';

const vector = z
  .strictObject({
    message_id: uuid().optional().describe('Message it is of; or give memory_id.'),
    memory_id: uuid().optional().describe('Memory it is of.'),
    model: name().describe('Model that made it.'),
    values: z.array(z.number()).min(1).max(16_000).describe('The vector, of any length.'),
    provider: name().default('client').describe('Who ran the model (client).'),
    key: z.string().max(200).default('').describe('Tells several vectors of one subject apart.'),
    metadata: jsonObject().default({}).describe('To filter by in query_vectors.'),
  })
  .refine((item) => (item.message_id === undefined) !== (item.memory_id === undefined), 'needs exactly one of message_id and memory_id');

export default defineTool({
  name: 'upsert_vectors',
  title: 'Store vectors',
  description:
    'Keep embeddings you made yourself beside messages and memories. All are stored or none; one of the same subject, model, width and key is replaced.',
  toolset: 'vectors',
  scope: 'conversations:write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ vectors: z.array(vector).min(1).max(100).describe('What to store.') }),
  output: z.object({
    created: z.number(),
    replaced: z.number(),
    vectors: z.array(z.object({ id: z.string(), message_id: z.string().optional(), memory_id: z.string().optional() })),
  }),

  async run({ vectors }, { store, principal, embeddings }) {
    if (vectors.some(({ memory_id }) => memory_id !== undefined)) assertScope(principal, 'memories:write');
    const stored = await store.broughtVectors.upsert(
      vectors.map(({ message_id, memory_id, ...vector }) => ({
        ...vector,
        ...(message_id === undefined ? { kind: 'memory', subjectId: memory_id! } : { kind: 'message', subjectId: message_id }),
      })),
    );
    for (const { provider, model, values } of vectors)
      embeddings.considerIndex(principal.tenantId, { provider, model, dimensions: values.length });
    const created = stored.filter((vector) => vector.created).length;
    return {
      created,
      replaced: stored.length - created,
      vectors: stored.map(({ id, kind, subjectId }) => ({ id, [`${kind}_id`]: subjectId })),
    };
  },

  text: ({ created, replaced }) => `Stored ${created} new vectors and replaced ${replaced}.`,
});
