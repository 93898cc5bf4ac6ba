import { z } from 'zod';
import { invalidInput } from '../../../errors.js';
import { defineTool } from '../../define.js';
import { clip, redactedText } from '../../results.js';
import {
  conversationId,
  jsonObject,
  memoryKind,
  memorySource,
  memoryView,
  name,
  redactedView,
  tags,
  timestamp,
  user,
  uuid,
} from '../../schemas.js';
import { viewMemory } from '../../views.js';

const DAY = 86_400_000;
/** Bytes of another memory that an answer shows. */
const EXCERPT = 400;

export default defineTool({
  name: 'remember',
  title: 'Remember',
  description:
    'Keep something worth knowing later, in words that stand alone; the same content is kept once. If one of the `similar` is no longer true, say so with supersedes.',
  toolset: 'core',
  scope: 'memories:write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    content: name(20_000).describe('What to remember.'),
    title: name(500).optional().describe('Title.'),
    kind: memoryKind().default('fact').describe('What it is (fact).'),
    tags: tags().optional().describe('Tags.'),
    importance: z.number().min(0).max(1).default(0.5).describe('0 to 1 (0.5).'),
    user: user().optional(),
    conversation_id: conversationId().optional(),
    message_ids: z.array(uuid()).max(100).optional().describe('Evidence.'),
    occurred_at: timestamp().optional().describe('When it happened.'),
    valid_from: timestamp().optional().describe('True from.'),
    valid_to: timestamp().optional().describe('True until.'),
    expires_at: timestamp().optional().describe('Or give `ttl_days`.'),
    ttl_days: z.number().positive().max(36_500).optional().describe('Days until it expires.'),
    supersedes: uuid().optional().describe('Memory it replaces.'),
    source: memorySource().default('agent').describe('Who says so (agent).'),
    confidence: z.number().min(0).max(1).optional().describe('0 to 1.'),
    metadata: jsonObject().optional().describe('Anything else.'),
    client_id: name().optional().describe('Your id, for retries.'),
  }),
  output: z.object({
    memory: memoryView,
    created: z.boolean().describe('False: it was known before.'),
    redacted: redactedView(),
    superseded: z.array(z.object({ id: z.string(), content: z.string() })),
    similar: z.array(
      z.object({ id: z.string(), content: z.string(), kind: memoryKind(), similarity: z.number().describe('Share of common words.') }),
    ),
  }),

  async run(
    { conversation_id, message_ids, occurred_at, valid_from, valid_to, expires_at, ttl_days, client_id, ...memory },
    { store, principal },
  ) {
    if (expires_at && ttl_days !== undefined) throw invalidInput('Give either expires_at or ttl_days, not both.', 'Nothing was stored.');
    const {
      memory: stored,
      created,
      superseded,
      similar,
      redacted,
    } = await store.memories.remember({
      ...memory,
      conversationId: conversation_id,
      messageIds: message_ids,
      occurredAt: occurred_at,
      validFrom: valid_from,
      validTo: valid_to,
      expiresAt: expires_at,
      ttl: ttl_days === undefined ? undefined : ttl_days * DAY,
      clientId: client_id,
    });
    // Whoever may only write sees what they wrote, and nothing that others did.
    const readable = principal.scopes.has('memories:read');
    return {
      memory: viewMemory(stored),
      created,
      ...(redacted && { redacted }),
      superseded: superseded.map(({ id, content }) => ({ id, content: readable ? clip(content, EXCERPT) : '' })),
      similar: (readable ? similar : []).map(({ id, content, kind, similarity }) => ({
        id,
        content: clip(content, EXCERPT),
        kind,
        similarity: Math.round(similarity * 100) / 100,
      })),
    };
  },

  text({ memory, created, redacted, superseded, similar }) {
    const gone = memory.deleted_at ? ' It was forgotten since; forget with mode restore brings it back.' : '';
    const later = memory.superseded_by ? ` It was superseded by ${memory.superseded_by} since.` : '';
    const head = created
      ? `Remembered memory ${memory.id} (${memory.kind}).`
      : `Known already: memory ${memory.id} (${memory.kind}): ${clip(memory.content, EXCERPT)}`;
    return [
      `${head}${gone}${later}${redactedText(redacted)}`,
      ...superseded.map(({ id, content }) => `It takes the place of ${id}: ${content}`),
      ...(similar.length > 0 ? ['Similar ones; supersede what is no longer true:'] : []),
      ...similar.map(({ id, similarity, content }) => `- ${id} (${similarity}) ${content}`),
    ].join('\n');
  },
});
