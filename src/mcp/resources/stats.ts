import { defineResource } from '../define.js';

export default defineResource({
  name: 'stats',
  title: 'Statistics',
  description: 'What is stored, in numbers.',
  uriTemplate: 'memory://stats',
  mimeType: 'application/json',
  scope: 'conversations:read',

  async read(_, { store, embeddings }) {
    const stats = await store.stats.summary({}, embeddings.models);
    const { longestConversation, mostActiveUsers } = stats;
    const body = {
      conversations: stats.conversations,
      conversations_by_status: stats.conversationsByStatus,
      messages: stats.messages,
      messages_by_role: stats.messagesByRole,
      turns: stats.turns,
      input_tokens: stats.inputTokens,
      output_tokens: stats.outputTokens,
      users: stats.users,
      memories: stats.memories,
      tasks: stats.tasks,
      pending_embeddings: stats.pendingEmbeddings,
      longest_conversation: longestConversation && { id: longestConversation.id, messages: longestConversation.messages },
      most_active_user: mostActiveUsers[0] ?? null,
    };
    return { mimeType: 'application/json', text: JSON.stringify(body) };
  },
});
