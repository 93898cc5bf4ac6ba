import { z } from 'zod';
import { RECALL_SOURCES } from '../../../repository/recall/recall-records.js';
import { SEARCH_MODES } from '../../../services/ranker.js';
import { defineTool } from '../../define.js';
import { conversationId, cursor, limit, memoryKind, tags, timestamp, user } from '../../schemas.js';
import { viewRecalled } from '../../views.js';

export default defineTool({
  name: 'recall',
  title: 'Recall',
  description:
    'Ask what was said or learned, in plain words: who, what, when ("last week" is understood). Finds memories, messages and graph nodes, best first, without what was superseded or has expired.',
  toolset: 'core',
  scope: 'memories:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    query: z.string().trim().min(1).max(2000).describe('Question or words.'),
    sources: z
      .array(z.enum(RECALL_SOURCES))
      .min(1)
      .max(3)
      .default([...RECALL_SOURCES])
      .describe('Where to look (all).'),
    user: user().optional(),
    conversation_id: conversationId().optional(),
    kinds: z.array(memoryKind()).min(1).max(6).optional().describe('Memories of these kinds.'),
    tags: tags().min(1).optional().describe('Memories with these tags.'),
    tags_match: z.enum(['any', 'all']).default('any').describe('How many of the tags (any).'),
    after: timestamp().optional().describe('Happened from here on.'),
    before: timestamp().optional().describe('Happened up to here.'),
    as_of: timestamp().optional().describe('What was true then.'),
    include_superseded: z.boolean().default(false).describe('Also what is no longer true.'),
    include_expired: z.boolean().default(false).describe('Also what expired.'),
    max_tokens: z.number().int().min(1).max(1_000_000).optional().describe('Budget for the texts.'),
    explain: z.boolean().default(false).describe('Say what each score is made of.'),
    limit: limit(10, 50),
    cursor: cursor(1000).optional(),
  }),
  output: z.object({
    hits: z.array(
      z.object({
        source: z.enum(RECALL_SOURCES),
        id: z.string(),
        text: z.string(),
        truncated: z.boolean().optional(),
        score: z.number(),
        occurred_at: z.string().meta({ format: 'date-time' }),
        conversation_id: z.string().optional(),
        message_ids: z.array(z.string()).optional(),
        seq: z.number().optional(),
        role: z.string().optional(),
        author: z.string().optional(),
        user: z.string().optional(),
        kind: z.string().optional(),
        title: z.string().optional(),
        tags: z.array(z.string()).optional(),
        importance: z.number().optional(),
        valid_from: z.string().optional(),
        valid_to: z.string().optional(),
        superseded_by: z.string().optional(),
        why: z.record(z.string(), z.number()).optional().describe('The score is their sum.'),
      }),
    ),
    next_cursor: z.string().nullable(),
    total_tokens: z.number(),
    dropped: z.number().describe('Left out for max_tokens; the cursor goes on with them.'),
    search: z.object({ mode_used: z.enum(SEARCH_MODES), degraded: z.boolean(), reason: z.string().optional() }),
  }),

  async run(
    { conversation_id, tags_match, as_of, include_superseded, include_expired, max_tokens, explain, limit, cursor, ...filter },
    { store, recall },
  ) {
    const found = await recall.find(
      store,
      {
        ...filter,
        conversationId: conversation_id,
        tagsMatch: tags_match,
        asOf: as_of,
        includeSuperseded: include_superseded,
        includeExpired: include_expired,
      },
      { limit, maxTokens: max_tokens, cursor },
    );
    const { modeUsed, degraded, reason } = found.search;
    return {
      hits: found.hits.map((hit) => viewRecalled(hit, explain)),
      next_cursor: found.nextCursor,
      total_tokens: found.totalTokens,
      dropped: found.dropped,
      search: { mode_used: modeUsed, degraded, ...(reason === null ? {} : { reason }) },
    };
  },

  text({ hits, next_cursor, dropped, search }) {
    const notes = [
      dropped > 0 ? `${dropped} left out for max_tokens.` : '',
      next_cursor ? `More: cursor ${next_cursor}` : '',
      search.reason ?? '',
    ].filter(Boolean);
    if (hits.length === 0) return ['Nothing found. Try other words, or fewer filters.', ...notes].join('\n');
    const lines = hits.map((hit, at) => {
      const said = [hit.author ?? hit.role, hit.kind, hit.title, hit.occurred_at, hit.superseded_by ? 'superseded' : '', hit.id];
      return `${at + 1}. [${hit.source} · ${said.filter(Boolean).join(' · ')}] ${hit.text}`;
    });
    return [`Found ${hits.length}, best first:`, ...lines, ...notes].join('\n');
  },
});
