import { completeConversation } from '../complete.js';
import { defineResource } from '../define.js';
import { FIND_CONVERSATION } from './conversation.js';
import { historyText } from './history-text.js';
import { readId, readWhole } from './parameters.js';

const STANDARD_LIMIT = 50;
const MAX_SEQ = 2_147_483_647;

export default defineResource<'id' | 'before_seq' | 'limit'>({
  name: 'conversation-messages',
  title: 'Messages of a conversation',
  description: 'Messages of one conversation, oldest first: the newest, or those before before_seq. A page is cut at about 20 kB.',
  uriTemplate: 'memory://conversations/{id}/messages{?before_seq,limit}',
  mimeType: 'application/json',
  scope: 'conversations:read',

  async read({ id, before_seq, limit }, { store }) {
    const page = await store.history.page({
      conversationId: readId('conversation', id, FIND_CONVERSATION),
      beforeSeq: readWhole('before_seq', before_seq, { min: 1, max: MAX_SEQ }),
      limit: readWhole('limit', limit, { min: 1, max: 200 }) ?? STANDARD_LIMIT,
    });
    return { mimeType: 'application/json', text: historyText(page) };
  },

  complete: { id: completeConversation },
  conversationOf: ({ id }) => id?.toLowerCase(),
});
