import { completeUser } from '../complete.js';
import { defineResource } from '../define.js';
import { TEXT_LIMIT } from '../results.js';
import { viewUser } from '../views.js';

const keysOf = (value: object | undefined): string[] =>
  Object.keys(value ?? {})
    .slice(0, 200)
    .map((key) => key.slice(0, 60));

/** What is there, where all of it would flood the reader. */
const outline = ({ external_id, display_name, profile, documents }: ReturnType<typeof viewUser>) => ({
  external_id,
  display_name,
  truncated: true,
  profile_keys: keysOf(profile),
  document_names: keysOf(documents),
});

export default defineResource<'external_id'>({
  name: 'profile',
  title: 'Profile of a user',
  description: 'What is known about one person: profile and documents.',
  uriTemplate: 'memory://users/{external_id}/profile',
  mimeType: 'application/json',
  scope: 'users:read',

  async read({ external_id }, { store }) {
    const view = viewUser(await store.users.get(external_id));
    const whole = JSON.stringify(view);
    const text = Buffer.byteLength(whole) <= TEXT_LIMIT ? whole : JSON.stringify(outline(view));
    return { mimeType: 'application/json', text };
  },

  complete: { external_id: completeUser },
});
