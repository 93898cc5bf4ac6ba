import type { RETENTION_FIELDS } from './retention-fields.js';

type Fields = typeof RETENTION_FIELDS;
type Configured = { readonly [K in keyof Fields]: Fields[K]['fallback'] };

/** What the configuration says for every tenant, under the names that tenants' own settings have. */
export const policyDefaults = (config: Configured) => ({
  retention: {
    message_retention_days: config.messageRetentionDays,
    soft_delete_after_days: config.softDeleteAfterDays,
    soft_delete_grace_days: config.softDeleteGraceDays,
    conversation_archive_days: config.conversationArchiveDays,
    archived_conversation_retention_days: config.archivedConversationRetentionDays,
    inactivity_timeout_minutes: config.inactivityTimeoutMinutes,
    memory_retention_days: config.memoryRetentionDays,
    event_retention_days: config.eventRetentionDays,
    login_attempt_retention_days: config.loginAttemptRetentionDays,
    max_conversations: config.maxConversations,
  },
  quotas: {
    max_messages: config.maxMessages,
    max_bytes: config.maxBytes,
    token_budget_warn: config.tokenBudgetWarn,
    token_budget_refuse: config.tokenBudgetRefuse,
    token_budget_period: config.tokenBudgetPeriod,
  },
});
