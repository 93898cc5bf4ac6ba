import { z } from 'zod';
import { counted } from '../../../counted.js';
import type { UserRecord } from '../../../repository/users.js';
import { defineTool } from '../../define.js';
import { pageText } from '../../results.js';
import { cursor, limit, name, userView } from '../../schemas.js';
import { viewUser } from '../../views.js';

/** Characters of json that one profile may take in a list. */
const ROOM = 1500;

const listed = userView.pick({ external_id: true, display_name: true, username: true, email: true, last_seen_at: true }).extend({
  profile: z.record(z.string(), z.unknown()).optional().describe('Absent where it is long: get_user_profile has it.'),
  document_names: z.array(z.string()).describe('At most 50.'),
});

export default defineTool({
  name: 'list_user_profiles',
  title: 'List user profiles',
  description: 'Who is known, by external id. get_user_profile has everything about one of them.',
  toolset: 'users',
  scope: 'users:read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    query: name(500).optional().describe('Text in id, display name, username or e-mail.'),
    limit: limit(20, 100),
    cursor: cursor().optional(),
  }),
  output: z.object({ users: z.array(listed), next_cursor: z.string().nullable() }),

  async run({ query, limit, cursor }, { store }) {
    const { items, nextCursor } = await store.users.list({ query }, { limit, cursor });
    return { users: items.map(viewListed), next_cursor: nextCursor };
  },

  text({ users, next_cursor }) {
    if (users.length === 0) return 'No user matches.';
    const lines = users.map(
      ({ external_id, display_name, last_seen_at }) =>
        `- ${external_id}${display_name ? ` “${display_name}”` : ''}${last_seen_at ? ` · last seen ${last_seen_at}` : ''}`,
    );
    return pageText(`${counted(users.length, 'user')}:`, lines, next_cursor);
  },
});

function viewListed(user: UserRecord): z.output<typeof listed> {
  const { profile, documents, metadata: _, created_at: __, updated_at: ___, ...view } = viewUser(user);
  const fits = JSON.stringify(profile).length <= ROOM;
  return { ...view, ...(fits ? { profile } : {}), document_names: Object.keys(documents).slice(0, 50) };
}
