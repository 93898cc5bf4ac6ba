import { counted } from '../../counted.js';
import { completeConversation } from '../complete.js';
import { defineResource } from '../define.js';
import { historyText } from './history-text.js';
import { readId } from './parameters.js';

const LAST_MESSAGES = 20;
export const FIND_CONVERSATION = 'Call list_conversations for the ids you can read.';

export default defineResource<'id'>({
  name: 'conversation',
  title: 'Conversation',
  description: 'One conversation: its header and last messages. Subscribers are told when it changes.',
  uriTemplate: 'memory://conversations/{id}',
  mimeType: 'application/json',
  scope: 'conversations:read',

  async read({ id }, { store }) {
    const conversationId = readId('conversation', id, FIND_CONVERSATION);
    const page = await store.history.page({ conversationId, limit: LAST_MESSAGES });
    return { mimeType: 'application/json', text: historyText(page) };
  },

  async list({ cursor, limit }, { store }) {
    const { items, nextCursor } = await store.conversations.list({}, { limit, cursor: cursor ?? undefined });
    const entries = items.map(({ id, title, topic, messageCount, lastActivityAt }) => ({
      uri: `memory://conversations/${id}`,
      name: id,
      title: (title ?? topic ?? `Conversation of ${lastActivityAt.toISOString().slice(0, 10)}`).slice(0, 200),
      description: `${counted(messageCount, 'message')}, last active ${lastActivityAt.toISOString()}`,
      mimeType: 'application/json',
    }));
    return { entries, nextCursor };
  },

  complete: { id: completeConversation },
  conversationOf: ({ id }) => id?.toLowerCase(),
});
