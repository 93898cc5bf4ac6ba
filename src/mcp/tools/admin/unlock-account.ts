import { z } from 'zod';
import { defineTool } from '../../define.js';
import { accountView, name } from '../../schemas.js';
import { viewAccount } from '../../views.js';

export default defineTool({
  name: 'unlock_account',
  title: 'Unlock an account',
  description: 'Let an account sign in again that too many wrong passwords locked out. A disabled account stays disabled.',
  toolset: 'admin',
  scope: 'admin',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ account: name(320).describe('User name, e-mail address or id.') }),
  output: z.object({ account: accountView }),

  run: async ({ account }, { store }) => ({ account: viewAccount(await store.accounts.unlock(account)) }),

  text: ({ account }) => `${account.username} is not locked.${account.disabled_at ? ' The account is disabled, though.' : ''}`,
});
