import { z } from 'zod';
import { counted } from '../../../counted.js';
import { ACCOUNT_ROLES } from '../../../repository/accounts/account-records.js';
import { defineTool } from '../../define.js';
import { pageText } from '../../results.js';
import { accountView, cursor, limit, name } from '../../schemas.js';
import { viewAccount } from '../../views.js';

export default defineTool({
  name: 'list_accounts',
  title: 'List accounts',
  description: 'Local accounts of the tenant by user name: role, lock, last sign-in. Passwords are never shown.',
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    query: name(500).optional().describe('Text in a name or address.'),
    role: z.enum(ACCOUNT_ROLES).optional().describe('Only this role.'),
    limit: limit(20, 100),
    cursor: cursor().optional(),
  }),
  output: z.object({ accounts: z.array(accountView), next_cursor: z.string().nullable() }),

  async run({ query, role, limit, cursor }, { store }) {
    const { items, nextCursor } = await store.accounts.list({ query, role }, { limit, cursor });
    return { accounts: items.map(viewAccount), next_cursor: nextCursor };
  },

  text({ accounts, next_cursor }) {
    if (accounts.length === 0) return 'No account matches.';
    const lines = accounts.map(
      ({ username, role, user, disabled_at, locked_until, last_login_at }) =>
        `- ${username} [${role}]${user === username ? '' : ` for ${user}`}${disabled_at ? ` · disabled ${disabled_at}` : ''}` +
        `${locked_until ? ` · locked until ${locked_until}` : ''}${last_login_at ? ` · last signed in ${last_login_at}` : ''}`,
    );
    return pageText(`${counted(accounts.length, 'account')}:`, lines, next_cursor);
  },
});
