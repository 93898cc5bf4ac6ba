import { z } from 'zod';
import { counted } from '../../../counted.js';
import { AppError } from '../../../errors.js';
import { mayUse } from '../../../principal.js';
import { erasePerson } from '../../../services/erasure.js';
import { defineTool } from '../../define.js';
import { name } from '../../schemas.js';

/** What the person's data is made of; whoever erases all of it may write all of it. */
const NEEDED = ['conversations:write', 'memories:write', 'graph:write'] as const;
const HELD_SHOWN = 20;

export default defineTool({
  name: 'forget_user',
  title: 'Forget a user',
  description:
    'Erase everything of a person for good: conversations, memories, graph, profile, account, keys. Shows what would go; to do it, pass dry_run: false and the external id as confirm.',
  toolset: 'users',
  scope: 'users:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    user: name(500).optional().describe('External user id, username or e-mail.'),
    dry_run: z.boolean().default(true).describe('Only count (true).'),
    confirm: name(500).optional().describe('The external id, to say that it is meant.'),
    ignore_legal_hold: z.boolean().default(false).describe('Administrators: erase what is under legal hold too.'),
  }),
  output: z.object({
    user: z.string(),
    removed: z.record(z.string(), z.number()).describe('Rows by table.'),
    citations: z.number().describe('Places that named something removed as evidence.'),
    held: z.array(z.string()).describe('Conversations under legal hold, the first of them.'),
    held_count: z.number(),
    dry_run: z.boolean(),
  }),

  async run({ user, dry_run, confirm, ignore_legal_hold }, { store, principal, forgetCredentials, signal }) {
    const missing = NEEDED.filter((scope) => !mayUse(principal, scope));
    if (missing.length > 0)
      throw new AppError(
        'forbidden',
        `Erasing a person takes the scopes ${['users:write', ...NEEDED].join(', ')}; this connection lacks ${missing.join(', ')}.`,
      );
    const { held, dryRun, ...receipt } = await erasePerson(store, user, {
      dryRun: dry_run,
      confirm,
      ignoreHolds: ignore_legal_hold,
      accessGone: forgetCredentials,
      signal,
    });
    return { ...receipt, held: held.slice(0, HELD_SHOWN), held_count: held.length, dry_run: dryRun };
  },

  text({ user, removed, citations, held, held_count, dry_run }) {
    const rows = Object.entries(removed).map(([table, count]) => `${count} ${table}`);
    return [
      `${dry_run ? 'Would erase' : 'Erased'} ${JSON.stringify(user)}: ${rows.join(', ') || 'nothing'}.`,
      citations > 0 ? `${citations} places that named them as evidence do not any more.` : '',
      held_count > 0
        ? `Under legal hold: ${counted(held_count, 'conversation')} (${held.join(', ')}${held_count > held.length ? ' …' : ''}).`
        : '',
      dry_run ? `Nothing was changed. To do it: dry_run false and confirm ${JSON.stringify(user)}.` : '',
    ]
      .filter(Boolean)
      .join('\n');
  },
});
