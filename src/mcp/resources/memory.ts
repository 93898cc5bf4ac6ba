import { FIND_MEMORY } from '../../repository/memories/memories.js';
import { completeMemory } from '../complete.js';
import { defineResource } from '../define.js';
import { clip, TEXT_LIMIT } from '../results.js';
import { viewMemory } from '../views.js';
import { readId } from './parameters.js';

export default defineResource<'id'>({
  name: 'memory',
  title: 'Memory',
  description: 'One thing remembered: what, since when, and what it comes from.',
  uriTemplate: 'memory://memories/{id}',
  mimeType: 'application/json',
  scope: 'memories:read',

  async read({ id }, { store }) {
    const view = viewMemory(await store.memories.get(readId('memory', id, FIND_MEMORY)));
    const whole = JSON.stringify(view);
    if (Buffer.byteLength(whole) <= TEXT_LIMIT) return { mimeType: 'application/json', text: whole };
    const { metadata: _, ...rest } = view;
    const text = JSON.stringify({
      ...rest,
      content: clip(view.content, TEXT_LIMIT / 2),
      message_ids: rest.message_ids?.slice(0, 50),
      truncated: true,
    });
    return { mimeType: 'application/json', text };
  },

  async list({ cursor, limit }, { store }) {
    const { items, nextCursor } = await store.memories.list({}, { limit, cursor: cursor ?? undefined });
    const entries = items.map(({ id, title, content, kind, createdAt }) => ({
      uri: `memory://memories/${id}`,
      name: id,
      title: (title ?? content).slice(0, 200).toWellFormed(),
      description: `${kind}, remembered ${createdAt.toISOString()}`,
      mimeType: 'application/json',
    }));
    return { entries, nextCursor };
  },

  complete: { id: completeMemory },
});
