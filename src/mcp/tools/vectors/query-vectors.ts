import { z } from 'zod';
import { VECTOR_SUBJECTS } from '../../../repository/vectors/brought-vectors.js';
import { assertScope } from '../../assert-scope.js';
import { defineTool } from '../../define.js';
import { conversationId, cursor, jsonObject, limit, name, role, timestamp, user } from '../../schemas.js';

export default defineTool({
  name: 'query_vectors',
  title: 'Query vectors',
  description:
    'Messages and memories nearest to an embedding of yours, by cosine, best first. Only vectors of the same model, provider and width are compared.',
  toolset: 'vectors',
  scope: 'conversations:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    values: z.array(z.number()).min(1).max(16_000).describe('The vector of what you look for.'),
    model: name().describe('Model that made it.'),
    provider: name().default('client').describe('Who ran the model (client).'),
    subjects: z.array(z.enum(VECTOR_SUBJECTS)).min(1).max(2).default(['message']).describe('Of what (message).'),
    conversation_id: conversationId().optional(),
    user: user().optional(),
    roles: z.array(role()).min(1).max(4).optional().describe('Only messages of these.'),
    after: timestamp().optional().describe('From here on.'),
    before: timestamp().optional().describe('Up to here.'),
    metadata: jsonObject().optional().describe('Only vectors whose metadata contain this.'),
    min_score: z.number().min(-1).max(1).optional().describe('Only those at least so near.'),
    limit: limit(10, 50),
    cursor: cursor().optional(),
  }),
  output: z.object({
    hits: z.array(
      z.object({
        message_id: z.string().optional(),
        memory_id: z.string().optional(),
        score: z.number(),
        text: z.string(),
        truncated: z.boolean().optional(),
        conversation_id: z.string().optional(),
        seq: z.number().optional(),
        role: role().optional(),
        author: z.string().optional(),
        created_at: z.string().meta({ format: 'date-time' }),
        metadata: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    next_cursor: z.string().nullable(),
  }),

  async run({ values, model, provider, subjects, conversation_id, min_score, limit, cursor, ...filter }, { store, principal, embeddings }) {
    if (subjects.includes('memory')) assertScope(principal, 'memories:read');
    const space = { provider, model, dimensions: values.length };
    embeddings.considerIndex(principal.tenantId, space);
    const kinds = VECTOR_SUBJECTS.filter((kind) => subjects.includes(kind));
    const { hits, nextCursor } = await store.broughtVectors.query(
      { values, space },
      { ...filter, kinds, conversationId: conversation_id, minScore: min_score },
      { limit, cursor },
    );
    return {
      hits: hits.map((hit) => ({
        [`${hit.kind}_id`]: hit.id,
        score: Math.round(hit.cosine * 1e4) / 1e4,
        text: hit.text,
        ...(hit.truncated ? { truncated: true } : {}),
        ...(hit.conversationId === null ? {} : { conversation_id: hit.conversationId }),
        ...(hit.seq === null ? {} : { seq: hit.seq }),
        ...(hit.role === null ? {} : { role: hit.role }),
        ...(hit.author === null ? {} : { author: hit.author }),
        created_at: hit.createdAt.toISOString(),
        ...(Object.keys(hit.metadata).length === 0 ? {} : { metadata: hit.metadata }),
      })),
      next_cursor: nextCursor,
    };
  },

  text({ hits, next_cursor }) {
    if (hits.length === 0) return 'Nothing is near: no vector of this model, provider and width matches.';
    const lines = hits.map(
      ({ message_id, memory_id, score, role, created_at, text }) =>
        `${score.toFixed(3)} ${message_id ? `message ${message_id}` : `memory ${memory_id}`} [${role ?? 'memory'}, ${created_at.slice(0, 16)}] ${text.slice(0, 200)}`,
    );
    return [...lines, ...(next_cursor ? ['There are more: pass next_cursor.'] : [])].join('\n');
  },
});
