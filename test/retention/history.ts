import fc from 'fast-check';
import { newId } from '../../src/ids.js';
import { NO_POLICY, type RetentionPolicy } from '../../src/repository/retention/retention-policy.js';
import type { Store } from '../../src/repository/store.js';
import type { TestEngine } from '../support/engines.js';
import { storeFor } from '../support/store.js';

export const NOW = new Date('2026-06-01T12:00:00Z');
const HOUR = 3_600_000;
const WORDS = 'garden ticket harbour recipe museum bicycle'.split(' ');

export type Step = { age: number } & (
  | { do: 'save'; key: number; user: string | undefined; words: string[]; tokens: number | undefined; extras: boolean }
  | { do: 'edit' | 'delete' | 'restore'; at: number }
  | { do: 'hold' | 'end' | 'archive' | 'rename'; key: number }
  | { do: 'remember'; at: number; key: number | undefined; ttl: number | undefined }
  | { do: 'forget' | 'supersede'; at: number }
  | { do: 'attempt' }
);

const key = fc.nat(4);
const at = fc.nat(40);
/** In hours before now, so that ages fall on both sides of every limit. */
const age = fc.integer({ min: 0, max: 40 * 24 });
const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 });
const user = fc.constantFrom(undefined, 'ann', 'bob');
const tokens = fc.option(fc.nat(50), { nil: undefined });

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('save' as const), age, key, user, words, tokens, extras: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('edit' as const, 'delete' as const, 'delete' as const, 'restore' as const), age, at }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('hold' as const, 'end' as const, 'archive' as const, 'archive' as const, 'rename' as const),
      age,
      key,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('remember' as const),
      age,
      at,
      key: fc.option(key, { nil: undefined }),
      ttl: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('forget' as const, 'supersede' as const), age, at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('attempt' as const), age }) },
);

const days = fc.option(fc.integer({ min: 1, max: 40 }), { nil: null });
export const policy: fc.Arbitrary<RetentionPolicy> = fc.record({
  message_retention_days: days,
  soft_delete_after_days: days,
  soft_delete_grace_days: days,
  conversation_archive_days: days,
  archived_conversation_retention_days: days,
  inactivity_timeout_minutes: fc.option(fc.integer({ min: 1, max: 40 * 24 * 60 }), { nil: null }),
  memory_retention_days: days,
  event_retention_days: days,
  login_attempt_retention_days: days,
  max_conversations: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
});

export const withPolicy = (retention: Partial<RetentionPolicy>) => ({ ...NO_POLICY, retention: { ...NO_POLICY.retention, ...retention } });

/** Lets a history happen, the oldest first, each step at its time; what cannot be done then is refused and changes nothing. */
export async function happen(engine: TestEngine, tenantId: string, steps: readonly Step[]): Promise<void> {
  let now = NOW;
  const store = await storeFor(engine.db, { tenantId, role: 'system', clock: () => now });
  const messages: string[] = [];
  const memories: string[] = [];
  const refused = () => undefined;
  for (const one of [...steps].sort((a, b) => b.age - a.age)) {
    now = new Date(NOW.getTime() - one.age * HOUR);
    const message = 'at' in one ? messages[one.at % Math.max(1, messages.length)] : undefined;
    const memory = 'at' in one ? memories[one.at % Math.max(1, memories.length)] : undefined;
    const conversation = 'key' in one && one.key !== undefined ? await idOf(store, one.key) : undefined;
    if (one.do === 'save') messages.push(...(await save(store, one)));
    if (one.do === 'edit' && message) await store.messages.edit(message, { content: 'harbour harbour' }).catch(refused);
    if (one.do === 'delete' && message) await store.messages.softDelete(message).catch(refused);
    if (one.do === 'restore' && message) await store.messages.restore(message).catch(refused);
    if (one.do === 'rename' && conversation) await store.conversations.update(conversation, { title: `secret ${one.age}` });
    if (one.do === 'hold' && conversation) await store.conversations.update(conversation, { legalHold: true });
    if ((one.do === 'end' || one.do === 'archive') && conversation)
      await store.conversations.update(conversation, { status: 'inactive_user_terminated' }).catch(refused);
    if (one.do === 'archive' && conversation) await store.conversations.update(conversation, { status: 'archived' }).catch(refused);
    if (one.do === 'remember') {
      const expiresAt = one.ttl === undefined ? undefined : new Date(now.getTime() + one.ttl * 24 * HOUR);
      const messageIds = conversation || !message ? [] : [message];
      const made = await store.memories
        .remember({ content: `Fact ${one.at}`, conversationId: conversation, messageIds, expiresAt })
        .catch(refused);
      if (made) memories.push(made.memory.id);
    }
    if (one.do === 'forget' && memory) await store.removal.forget({ memoryIds: [memory], mode: 'soft', dryRun: false }).catch(refused);
    if (one.do === 'supersede' && memory) {
      const made = await store.memories.remember({ content: `News at ${one.age}`, supersedes: memory }).catch(refused);
      if (made) memories.push(made.memory.id);
    }
    if (one.do === 'attempt')
      await engine.models.UserLoginAttempt.create({ tenantId, id: newId(), identifier: 'ann', succeeded: false, attemptedAt: now });
  }
}

async function idOf(store: Store, key: number): Promise<string | undefined> {
  const { items } = await store.conversations.list({}, { limit: 100 });
  return items.find(({ conversationKey }) => conversationKey === `key-${key}`)?.id;
}

async function save(store: Store, { key, user, words, tokens, extras }: Extract<Step, { do: 'save' }>): Promise<string[]> {
  const rich = extras
    ? {
        assets: [{ name: 'a.txt', mimeType: 'text/plain', data: Buffer.from('hello') }],
        embedding: { model: 'm', values: [0.5, 0.25] },
        toolCalls: [{ name: 'look', arguments: { at: words } }],
      }
    : {};
  const { messages, conversationId } = await store.turns.save({
    conversationKey: `key-${key}`,
    user,
    messages: [
      { role: 'user', content: words.join(' '), author: 'Ann', inputTokens: tokens, ...rich },
      { role: 'assistant', content: [{ type: 'text', text: `museum ${words.length}` }], outputTokens: tokens },
    ],
  });
  const [first] = messages;
  if (extras) await store.tasks.create({ title: 'Look again', conversationId, messageId: first!.id });
  return messages.map(({ id }) => id);
}
