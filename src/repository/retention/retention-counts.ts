/** What a run of retention did, or would do, by what it was for. */
export type RetentionCounts = {
  conversationsTimedOut: number;
  conversationsArchived: number;
  /** Archived because there were more than max_conversations. */
  conversationsOverLimit: number;
  conversationsRemoved: number;
  /** Went with the archived conversations they were in. */
  messagesOfRemovedConversations: number;
  /** Older than message_retention_days. */
  messagesExpired: number;
  /** Soft-deleted longer than the grace period. */
  messagesPurged: number;
  messagesSoftDeleted: number;
  /** Went with their messages. */
  assetsRemoved: number;
  vectorsRemoved: number;
  memoriesSoftDeleted: number;
  memoriesRemoved: number;
  eventsRemoved: number;
  loginAttemptsRemoved: number;
};

export const noCounts = (): RetentionCounts => ({
  conversationsTimedOut: 0,
  conversationsArchived: 0,
  conversationsOverLimit: 0,
  conversationsRemoved: 0,
  messagesOfRemovedConversations: 0,
  messagesExpired: 0,
  messagesPurged: 0,
  messagesSoftDeleted: 0,
  assetsRemoved: 0,
  vectorsRemoved: 0,
  memoriesSoftDeleted: 0,
  memoriesRemoved: 0,
  eventsRemoved: 0,
  loginAttemptsRemoved: 0,
});

export const addCounts = (to: RetentionCounts, more: Partial<RetentionCounts>): void => {
  for (const [name, count] of Object.entries(more)) to[name as keyof RetentionCounts] += count;
};
