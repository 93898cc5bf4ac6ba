import { z } from 'zod';
import { defineTool } from '../../define.js';
import { jsonObject, name, userView } from '../../schemas.js';
import { viewUser } from '../../views.js';

const merged = () => jsonObject().optional();

export default defineTool({
  name: 'upsert_user_profile',
  title: 'Save a user profile',
  description: 'Add to what is kept about a person, or make the person known. Keys you leave out stay as they are; null deletes a key.',
  toolset: 'users',
  scope: 'users:write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    user: name(500).optional().describe('External user id; of a known user also username or e-mail.'),
    display_name: name().nullable().optional().describe('Name to show; null clears it.'),
    profile: merged().describe('Facts and preferences, merged key by key.'),
    documents: merged().describe('Longer texts by name, merged key by key.'),
    metadata: merged().describe('Anything else, merged key by key.'),
  }),
  output: z.object({ user: userView, created: z.boolean().describe('The user was not known before.') }),

  async run({ user, display_name, ...change }, { store }) {
    const saved = await store.users.upsert(user, { ...change, displayName: display_name });
    return { user: viewUser(saved.user), created: saved.created };
  },

  text: ({ user, created }) =>
    `${created ? 'Made' : 'Updated'} user ${user.external_id}: profile keys ${keys(user.profile)}; documents ${keys(user.documents)}.`,
});

const keys = (object: Record<string, unknown>): string => Object.keys(object).join(', ') || '(none)';
