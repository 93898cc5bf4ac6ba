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

  conversationOf: ({ id }) => id?.toLowerCase(),
});
