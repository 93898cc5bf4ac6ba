import { z } from 'zod';

const days = (what: string) => whole(1, 36_500, what);
const whole = (min: number, max: number, what: string) =>
  z.number(`a whole number from ${min} to ${max}, or null`).int().min(min).max(max).nullable().optional().describe(what);

/** How large a quota may be: what a double counts exactly. */
const MOST = Number.MAX_SAFE_INTEGER;

/** What a tenant may set of its own about how long things are kept; null switches a limit off. Nothing goes where a key is absent. */
export const RETENTION_SHAPE = {
  message_retention_days: days('Messages older than this are removed for good.'),
  days: days('The same as message_retention_days, which wins where both are set.'),
  soft_delete_after_days: days('Messages older than this are soft-deleted.'),
  soft_delete_grace_days: days('Soft-deleted messages and memories, and expired memories, are removed for good after this long.'),
  conversation_archive_days: days('Conversations without activity this long are archived.'),
  archived_conversation_retention_days: days('Archived conversations are removed for good after this long.'),
  inactivity_timeout_minutes: whole(1, 52_560_000, 'An active conversation without activity this long becomes inactive_timeout.'),
  memory_retention_days: days('Memories older than this are soft-deleted.'),
  event_retention_days: days('Events older than this are removed.'),
  login_attempt_retention_days: days('Records of attempts to sign in older than this are removed.'),
  max_conversations: whole(1, 100_000_000, 'Above it the oldest active conversations are archived.'),
} satisfies z.ZodRawShape;

export const TOKEN_PERIODS = ['day', 'week', 'month'] as const;

/** What a tenant may set of its own about how much it stores and uses. */
export const QUOTA_SHAPE = {
  max_messages: whole(1, MOST, 'Messages that may be stored; writes beyond it are refused.'),
  max_bytes: whole(1, MOST, 'Bytes that messages, attachments and memories may take; writes beyond it are refused.'),
  token_budget_warn: whole(1, MOST, 'Tokens a user may use in a period before check_token_budget warns.'),
  token_budget_refuse: whole(1, MOST, 'Tokens a user may use in a period; turns beyond it are refused.'),
  token_budget_period: z.enum(TOKEN_PERIODS).nullable().optional().describe('Period of the token budgets, in UTC: day, week or month.'),
} satisfies z.ZodRawShape;

type RetentionSettings = z.output<z.ZodObject<typeof RETENTION_SHAPE>>;
type QuotaSettings = z.output<z.ZodObject<typeof QUOTA_SHAPE>>;

/** How long things are kept; null: for ever. */
export type RetentionPolicy = { readonly [K in Exclude<keyof typeof RETENTION_SHAPE, 'days'>]: number | null };
/** How much may be stored and used; null: without a limit. */
export type QuotaPolicy = Readonly<{
  max_messages: number | null;
  max_bytes: number | null;
  token_budget_warn: number | null;
  token_budget_refuse: number | null;
  token_budget_period: (typeof TOKEN_PERIODS)[number];
}>;

/** What the configuration says for every tenant. */
export type PolicyDefaults = Readonly<{ retention: RetentionPolicy; quotas: QuotaPolicy }>;

export const RETENTION_KEYS = Object.keys(RETENTION_SHAPE).filter((key) => key !== 'days') as (keyof RetentionPolicy)[];
export const QUOTA_KEYS = Object.keys(QUOTA_SHAPE) as (keyof QuotaPolicy)[];

export const NO_POLICY: PolicyDefaults = {
  retention: Object.fromEntries(RETENTION_KEYS.map((key) => [key, null])) as RetentionPolicy,
  quotas: { max_messages: null, max_bytes: null, token_budget_warn: null, token_budget_refuse: null, token_budget_period: 'month' },
};

/** What holds for a tenant: its own settings over those of the configuration; null in its own switches one off. */
export function retentionOf(defaults: RetentionPolicy, { days: alias, ...own }: RetentionSettings = {}): RetentionPolicy {
  const set: RetentionSettings = { ...(alias !== undefined && { message_retention_days: alias }), ...defined(own) };
  return { ...defaults, ...set } as RetentionPolicy;
}

export const quotasOf = (defaults: QuotaPolicy, own: QuotaSettings = {}): QuotaPolicy => {
  const set = defined(own);
  return { ...defaults, ...set, token_budget_period: set.token_budget_period ?? defaults.token_budget_period } as QuotaPolicy;
};

const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
