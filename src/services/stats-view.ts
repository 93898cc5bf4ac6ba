import type { Stats } from '../repository/stats.js';

/** Statistics as they leave the program: names in snake_case, times as text, averages worked out. */
export const viewStats = (stats: Stats) => ({
  totals: {
    conversations: stats.conversations,
    conversations_by_status: stats.conversationsByStatus as Record<string, number>,
    messages: stats.messages,
    messages_by_role: stats.messagesByRole as Record<string, number>,
    users: stats.users,
    memories: stats.memories,
    tasks: stats.tasks,
    tasks_by_status: stats.tasksByStatus,
    input_tokens: stats.inputTokens,
    output_tokens: stats.outputTokens,
    total_tokens: stats.inputTokens + stats.outputTokens,
  },
  averages: {
    messages_per_conversation: mean(stats.messages, stats.conversations),
    turns_per_conversation: mean(stats.turns, stats.conversations),
    tokens_per_conversation: mean(stats.inputTokens + stats.outputTokens, stats.conversations),
  },
  longest_conversation: stats.longestConversation && {
    id: stats.longestConversation.id,
    title: stats.longestConversation.title,
    user: stats.longestConversation.user,
    message_count: stats.longestConversation.messages,
  },
  most_active_user: stats.mostActiveUsers[0] ?? null,
  most_active_users: stats.mostActiveUsers,
  by_platform: stats.byPlatform,
  by_period: stats.byPeriod.map(({ start, end, messages, tokens }) => ({
    start: start.toISOString(),
    end: end.toISOString(),
    messages,
    tokens,
  })),
  pending_embeddings: stats.pendingEmbeddings,
});

const mean = (sum: number, count: number): number => (count === 0 ? 0 : Math.round((sum / count) * 100) / 100);
