import { field } from './field.js';
import { bytes, choice, whole } from './kinds.js';

const days = (description: string, aliases?: readonly string[]) =>
  field<number | null>({
    description,
    form: 'days',
    reader: whole(1, 36_500),
    fallback: null,
    fallbackText: 'for ever',
    ...(aliases && { aliases }),
  });

const MOST = 999_999_999_999_999;
const limit = (description: string) =>
  field<number | null>({ description, form: 'count', reader: whole(1, MOST), fallback: null, fallbackText: 'no limit' });

/** How long things are kept and how much may be stored: for every tenant that has not set its own. */
export const RETENTION_FIELDS = {
  messageRetentionDays: days('Messages older than this are removed for good. In a file it may be called `days` too.', ['days']),
  softDeleteAfterDays: days('Messages older than this are soft-deleted: hidden, until the grace period is over.'),
  softDeleteGraceDays: days('Soft-deleted messages and memories, and expired memories, are removed for good after this long.'),
  conversationArchiveDays: days('Conversations without activity this long are archived.'),
  archivedConversationRetentionDays: days('Archived conversations are removed for good after this long.'),
  inactivityTimeoutMinutes: field<number | null>({
    description: 'An active conversation without activity this long becomes `inactive_timeout`.',
    form: 'minutes',
    reader: whole(1, 52_560_000),
    fallback: null,
    fallbackText: 'never',
  }),
  memoryRetentionDays: days('Memories older than this are soft-deleted.'),
  eventRetentionDays: days('Events older than this are removed; a client that has not polled for longer misses them.'),
  loginAttemptRetentionDays: days('Records of attempts to sign in older than this are removed.'),
  jobRunRetentionDays: days('Records of finished runs of jobs older than this are removed.'),
  maxConversations: limit('Above this number of active conversations in a tenant the oldest are archived.'),
  maxMessages: limit('Messages a tenant may store; writes beyond it are refused.'),
  maxBytes: field<number | null>({
    description: 'Bytes that the messages, attachments and memories of a tenant may take; writes beyond it are refused.',
    form: 'size',
    reader: bytes(1024, 1024 ** 4),
    fallback: null,
    fallbackText: 'no limit',
  }),
  tokenBudgetWarn: limit('Tokens a user may use in a period before `check_token_budget` warns.'),
  tokenBudgetRefuse: limit('Tokens a user may use in a period; turns beyond it are refused.'),
  tokenBudgetPeriod: field<'day' | 'week' | 'month'>({
    description: 'Period of the token budgets, in UTC; weeks begin on Monday.',
    form: 'day|week|month',
    reader: choice(['day', 'week', 'month']),
    fallback: 'month',
  }),
};
