import { z } from 'zod';
import { counted } from '../../../counted.js';
import { REFUSAL_REASONS } from '../../../repository/accounts/login-attempts.js';
import { defineTool } from '../../define.js';
import { pageText } from '../../results.js';
import { cursor, limit, name, timestamp } from '../../schemas.js';

const attempt = z.object({
  identifier: z.string().describe('As it was typed.'),
  username: z.string().optional().describe('The account it was for, where there is one.'),
  succeeded: z.boolean(),
  reason: z.enum(REFUSAL_REASONS).optional(),
  client: z.record(z.string(), z.unknown()).optional(),
  attempted_at: z.string().meta({ format: 'date-time' }),
});

export default defineTool({
  name: 'list_login_attempts',
  title: 'List sign-in attempts',
  description: 'Who tried to sign in with a password, newest first, and why it did not work. Names that nobody has are there too.',
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    identifier: name(320).optional().describe('Only attempts under this name or address.'),
    succeeded: z.boolean().optional().describe('Only those that worked, or did not.'),
    after: timestamp().optional().describe('From here on.'),
    before: timestamp().optional().describe('Up to here.'),
    limit: limit(20, 100),
    cursor: cursor().optional(),
  }),
  output: z.object({ attempts: z.array(attempt), next_cursor: z.string().nullable() }),

  async run({ limit, cursor, ...filter }, { store }) {
    const { items, nextCursor } = await store.loginAttempts.list(filter, { limit, cursor });
    return {
      attempts: items.map(({ identifier, username, succeeded, reason, client, attemptedAt }) => ({
        ...{ identifier, succeeded, attempted_at: attemptedAt.toISOString() },
        ...(username === null ? {} : { username }),
        ...(reason === null ? {} : { reason }),
        ...(Object.keys(client).length > 0 ? { client } : {}),
      })),
      next_cursor: nextCursor,
    };
  },

  text({ attempts, next_cursor }) {
    if (attempts.length === 0) return 'No attempt matches.';
    const lines = attempts.map(
      ({ identifier, succeeded, reason, attempted_at }) =>
        `- ${attempted_at} ${JSON.stringify(identifier)} ${succeeded ? 'signed in' : `refused: ${reason ?? 'unknown reason'}`}`,
    );
    return pageText(`${counted(attempts.length, 'attempt')}:`, lines, next_cursor);
  },
});
