import type { Models } from '../../src/models/index.js';
import { noCounts, type RetentionCounts } from '../../src/repository/retention/retention-counts.js';
import type { RetentionPolicy } from '../../src/repository/retention/retention-policy.js';

const DAY = 86_400_000;

export type World = Awaited<ReturnType<typeof readWorld>>;

/** Everything of a tenant that retention may touch, in an order that no plan decides. */
export async function readWorld(models: Models, tenantId: string) {
  const query = { where: { tenantId }, order: ['id'], raw: true } as { where: { tenantId: string }; order: string[]; raw: true };
  const [conversations, messages, assets, vectors, memories, events, attempts] = await Promise.all([
    models.Conversation.findAll(query),
    models.Message.findAll(query),
    models.MessageAsset.findAll(query),
    models.MessageVector.findAll(query),
    models.EpisodicMemory.findAll(query),
    models.MessageEvent.findAll({ ...query, order: ['eventSeq'] }),
    models.UserLoginAttempt.findAll(query),
  ]);
  return { conversations, messages, assets, vectors, memories, events, attempts };
}

/** What is left, in a form that two worlds can be compared by. */
export const survivors = ({ conversations, messages, memories, attempts }: World) => ({
  conversations: Object.fromEntries(conversations.map(({ id, status }) => [id, status])),
  messages: Object.fromEntries(messages.map(({ id, status }) => [id, status])),
  memories: Object.fromEntries(memories.map(({ id, deletedAt }) => [id, deletedAt === null ? 'kept' : 'deleted'])),
  attempts: attempts.map(({ id }) => id).sort(),
});

/** The policy as its table says it, on lists in memory. */
export function expectedAfter(
  world: World,
  policy: RetentionPolicy,
  now: Date,
): { counts: RetentionCounts; left: ReturnType<typeof survivors>; keptEvents: number } {
  const counts = noCounts();
  const isOld = (at: Date | null, days: number | null, unit = DAY) =>
    at !== null && days !== null && at.getTime() < now.getTime() - days * unit;
  const held = new Set(world.conversations.filter(({ legalHold }) => legalHold).map(({ id }) => id));
  const heldMessages = new Set(world.messages.filter(({ conversationId }) => held.has(conversationId)).map(({ id }) => id));

  let conversations = world.conversations.map(({ id, status, lastActivityAt, archivedAt }) => ({
    id,
    status: status as string,
    lastActivityAt,
    archivedAt,
  }));
  for (const one of conversations.filter(({ id }) => !held.has(id))) {
    if (one.status === 'active' && isOld(one.lastActivityAt, policy.inactivity_timeout_minutes, 60_000)) {
      one.status = 'inactive_timeout';
      counts.conversationsTimedOut += 1;
    }
    if (one.status !== 'archived' && isOld(one.lastActivityAt, policy.conversation_archive_days)) {
      one.status = 'archived';
      one.archivedAt = now;
      counts.conversationsArchived += 1;
    }
  }
  const active = conversations.filter(({ status }) => status === 'active');
  const surplus = active.length - (policy.max_conversations ?? active.length);
  const oldest = active
    .filter(({ id }) => !held.has(id))
    .sort((a, b) => a.lastActivityAt.getTime() - b.lastActivityAt.getTime() || (a.id < b.id ? -1 : 1));
  for (const one of surplus > 0 ? oldest.slice(0, surplus) : []) {
    one.status = 'archived';
    one.archivedAt = now;
    counts.conversationsOverLimit += 1;
  }
  const lost = new Set(
    conversations
      .filter(
        ({ id, status, archivedAt }) =>
          status === 'archived' && !held.has(id) && isOld(archivedAt, policy.archived_conversation_retention_days),
      )
      .map(({ id }) => id),
  );
  counts.conversationsRemoved = lost.size;
  conversations = conversations.filter(({ id }) => !lost.has(id));

  const messages = world.messages.flatMap(({ id, status, conversationId, createdAt, deletedAt, assetCount }) => {
    const remove = (name: keyof RetentionCounts) => {
      counts[name] += 1;
      counts.assetsRemoved += assetCount;
      counts.vectorsRemoved += world.vectors.filter(({ messageId }) => messageId === id).length;
      return [];
    };
    if (heldMessages.has(id)) return [{ id, status: status as string }];
    if (lost.has(conversationId)) return remove('messagesOfRemovedConversations');
    if (isOld(createdAt, policy.message_retention_days)) return remove('messagesExpired');
    if (isOld(deletedAt, policy.soft_delete_grace_days)) return remove('messagesPurged');
    if (deletedAt === null && isOld(createdAt, policy.soft_delete_after_days)) {
      counts.messagesSoftDeleted += 1;
      return [{ id, status: 'deleted' }];
    }
    return [{ id, status: status as string }];
  });

  const memories = world.memories.flatMap(({ id, createdAt, deletedAt, expiresAt, conversationId, messageIds }) => {
    const there = { id, state: deletedAt === null ? 'kept' : 'deleted' };
    if ((conversationId !== null && held.has(conversationId)) || messageIds.some((message) => heldMessages.has(message))) return [there];
    if (isOld(deletedAt, policy.soft_delete_grace_days) || isOld(expiresAt, policy.soft_delete_grace_days)) {
      counts.memoriesRemoved += 1;
      return [];
    }
    if (deletedAt === null && isOld(createdAt, policy.memory_retention_days)) {
      counts.memoriesSoftDeleted += 1;
      return [{ id, state: 'deleted' }];
    }
    return [there];
  });

  const goneEvents = world.events.filter(
    (event) => !held.has(event.conversationId) && isOld(event.occurredAt, policy.event_retention_days),
  );
  counts.eventsRemoved = goneEvents.length;
  const attempts = world.attempts.filter(({ attemptedAt }) => !isOld(attemptedAt, policy.login_attempt_retention_days));
  counts.loginAttemptsRemoved = world.attempts.length - attempts.length;
  return {
    counts,
    keptEvents: world.events.length - goneEvents.length,
    left: {
      conversations: Object.fromEntries(conversations.map(({ id, status }) => [id, status])) as ReturnType<
        typeof survivors
      >['conversations'],
      messages: Object.fromEntries(messages.map(({ id, status }) => [id, status])) as ReturnType<typeof survivors>['messages'],
      memories: Object.fromEntries(memories.map(({ id, state }) => [id, state])) as ReturnType<typeof survivors>['memories'],
      attempts: attempts.map(({ id }) => id).sort(),
    },
  };
}
