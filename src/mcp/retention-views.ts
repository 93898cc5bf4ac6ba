import { z } from 'zod';
import type { RetentionCounts } from '../repository/retention/retention-counts.js';

const names = {
  conversationsTimedOut: 'Ended for inactivity.',
  conversationsArchived: 'Archived for inactivity.',
  conversationsOverLimit: 'Archived because there were too many.',
  conversationsRemoved: 'Archived ones removed for good.',
  messagesOfRemovedConversations: 'Removed with them.',
  messagesExpired: 'Removed for their age.',
  messagesPurged: 'Removed after their grace period.',
  messagesSoftDeleted: 'Soft-deleted for their age.',
  assetsRemoved: 'Attachments removed with messages.',
  vectorsRemoved: 'Vectors removed with messages.',
  memoriesSoftDeleted: 'Soft-deleted for their age.',
  memoriesRemoved: 'Removed after their grace period.',
  eventsRemoved: 'Events trimmed.',
  loginAttemptsRemoved: 'Attempts to sign in trimmed.',
} as const satisfies Record<keyof RetentionCounts, string>;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
type Snake<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : '';
type CountsView = { [K in keyof RetentionCounts as Snake<K>]: number };

export const retentionCountsView = z.object(
  Object.fromEntries(Object.entries(names).map(([name, description]) => [snake(name), z.number().describe(description)])) as {
    [K in keyof CountsView]: z.ZodNumber;
  },
);

export const viewRetentionCounts = (counts: Readonly<RetentionCounts>): CountsView =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [snake(name), count])) as CountsView;

/** What there is to tell, in words. */
export const retentionText = (counts: CountsView): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`)
    .join(', ') || 'nothing was due';
