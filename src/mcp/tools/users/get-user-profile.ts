import { z } from 'zod';
import { defineTool } from '../../define.js';
import { name, userView } from '../../schemas.js';
import { viewUser } from '../../views.js';

export default defineTool({
  name: 'get_user_profile',
  title: 'Get a user profile',
  description: 'Read what is kept about a person: profile, documents, when they were last seen.',
  toolset: 'users',
  scope: 'users:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ user: name(500).optional().describe('External user id, username or e-mail.') }),
  output: z.object({ user: userView }),

  run: async ({ user }, { store }) => ({ user: viewUser(await store.users.get(user)) }),

  text: ({ user }) =>
    [
      `User ${user.external_id}${user.display_name ? ` “${user.display_name}”` : ''}${user.last_seen_at ? `, last seen ${user.last_seen_at}` : ''}.`,
      `Profile: ${JSON.stringify(user.profile)}`,
      `Documents: ${JSON.stringify(user.documents)}`,
    ].join('\n'),
});
