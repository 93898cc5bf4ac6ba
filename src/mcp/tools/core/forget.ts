import { z } from 'zod';
import { counted } from '../../../counted.js';
import { FORGET_BATCH, FORGET_MODES } from '../../../repository/memories/memory-removal.js';
import { defineTool } from '../../define.js';
import { memoryKind, name, tags, timestamp, user, uuid } from '../../schemas.js';

/** So many of them are named in an answer; all are counted. */
const SHOWN = 50;
const count = () => z.number().int();

const filter = z.strictObject({
  user: user().optional(),
  kinds: z.array(memoryKind()).min(1).max(6).optional().describe('Only these.'),
  tags: tags().min(1).optional().describe('Tags.'),
  tags_match: z.enum(['any', 'all']).optional().describe('any (default) or all.'),
  conversation_id: uuid().optional().describe('Said in it.'),
  after: timestamp().optional().describe('From here on.'),
  before: timestamp().optional().describe('Before this.'),
  query: name(500).optional().describe('All these words.'),
});

export default defineTool({
  name: 'forget',
  title: 'Forget',
  description: `Forget memories by id or filter, ${FORGET_BATCH} a call. soft can be undone: restore, which also puts a superseded memory back in force. hard is for good: dry_run first.`,
  toolset: 'core',
  scope: 'memories:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    memory_ids: z.array(uuid()).min(1).max(FORGET_BATCH).optional().describe('Or give `filter`.'),
    filter: filter.optional().describe('All must hold.'),
    mode: z.enum(FORGET_MODES).default('soft').describe('soft (default), hard or restore.'),
    dry_run: z.boolean().default(false).describe('Only count.'),
  }),
  output: z.object({
    affected: z.array(
      z.object({ id: z.string(), content: z.string(), change: z.enum(['deleted', 'removed', 'restored', 'back_in_force']) }),
    ),
    counts: z.object({
      matched: count(),
      affected: count(),
      unchanged: count().describe('Were so already.'),
      held: count().describe('Under legal hold.'),
      conflicts: count().describe('Said again since, so not restored.'),
      not_found: count(),
      remaining: count().describe('Left for the next call.'),
    }),
    truncated: z.boolean().describe('Not all affected are listed.'),
    undo_until: z.string().meta({ format: 'date-time' }).nullable(),
    mode: z.enum(FORGET_MODES),
    dry_run: z.boolean(),
  }),

  async run({ memory_ids, filter, mode, dry_run }, { store, principal }) {
    const { tags_match, conversation_id, ...rest } = filter ?? {};
    const { affected, counts, undoUntil } = await store.removal.forget({
      memoryIds: memory_ids,
      filter: filter && { ...rest, tagsMatch: tags_match, conversationId: conversation_id },
      mode,
      dryRun: dry_run,
    });
    const { notFound, ...others } = counts;
    const readable = principal.scopes.has('memories:read');
    return {
      affected: affected.slice(0, SHOWN).map(({ id, excerpt, change }) => ({ id, content: readable ? excerpt : '', change })),
      counts: { ...others, not_found: notFound },
      truncated: affected.length > SHOWN,
      undo_until: undoUntil?.toISOString() ?? null,
      mode,
      dry_run,
    };
  },

  text({ affected, counts, truncated, undo_until, mode, dry_run }) {
    const done = { soft: 'Forgot', hard: 'Removed for good', restore: 'Brought back' }[mode];
    const would = { soft: 'Would forget', hard: 'Would remove for good', restore: 'Would bring back' }[mode];
    const { matched: _, affected: number, ...rest } = counts;
    const others = Object.entries(rest).filter(([, value]) => value > 0);
    return [
      `${dry_run ? would : done} ${counted(number, 'memory', 'memories')}${dry_run ? '. Nothing was changed' : ''}.`,
      others.length > 0 ? `Besides: ${others.map(([what, value]) => `${value} ${what.replace('_', ' ')}`).join(', ')}.` : '',
      undo_until ? `Can be restored until ${undo_until}.` : '',
      ...affected.map(({ id, content }) => `- ${id} ${content}`),
      truncated ? `… and ${number - affected.length} more.` : '',
    ]
      .filter(Boolean)
      .join('\n');
  },
});
