import type { Statement } from '../db/database.js';
import { invalidInput, notFound } from '../errors.js';
import { DAY_MS } from '../timestamp.js';
import { Repository } from './context.js';
import { type Bucket, bucketsOf, type Period } from './periods.js';
import type { ConversationStatus, MessageRole } from './records.js';
import {
  countConversations,
  countMessagesByTime,
  countPendingEmbeddings,
  countTokens,
  estimatePendingEmbeddings,
  findRecords,
} from './sql/stats.js';
import { noUser } from './users.js';

export type StatsQuery = {
  user?: string | undefined;
  period?: Period | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
};

export type Activity = { user: string; conversations: number; messages: number };

export type Stats = {
  conversations: number;
  conversationsByStatus: Partial<Record<ConversationStatus, number>>;
  messages: number;
  messagesByRole: Partial<Record<MessageRole, number>>;
  users: number;
  memories: number;
  tasks: number;
  tasksByStatus: Record<string, number>;
  inputTokens: number;
  outputTokens: number;
  turns: number;
  longestConversation: { id: string; title: string | null; user: string | null; messages: number } | null;
  /** The ten with the most messages in their conversations, most first. */
  mostActiveUsers: Activity[];
  byPlatform: { platform: string | null; conversations: number; messages: number }[];
  period: Period;
  /** Oldest first, without those in which nothing was said. */
  byPeriod: (Bucket & { messages: number; tokens: number })[];
  /** Messages and memories that a configured model has not embedded yet; where there are many messages, 10,000 stand for more. */
  pendingEmbeddings: number;
};

type ConversationCount = {
  by: 'status' | 'platform' | 'user';
  status: ConversationStatus;
  platform: string | null;
  user: string;
  conversations: number;
  messages: number;
  turns: number;
  inputTokens: number;
  outputTokens: number;
};
type Records = Pick<Stats, 'longestConversation' | 'users' | 'memories'> & { tasks: Record<string, number> };
type TimeCount = { role: MessageRole; bucket: number; messages: number; tokens: number };

export type EmbeddingModel = { provider: string; model: string; dimensions?: number | null };

const MOST_ACTIVE = 10;
/** Up to so many messages it takes a moment to look at each whether it has a vector. */
const FEW = 20_000;

/** What is stored, in numbers: of the tenant, or of the user a principal is bound to. From counters that writers keep, so that it takes no longer with more messages. */
export class StatsRepository extends Repository {
  async summary(query: StatsQuery = {}, models: readonly EmbeddingModel[] = []): Promise<Stats> {
    const { period = 'day', from, to } = query;
    const now = this.context.clock();
    const buckets = bucketsOf(period, from, to ?? new Date(now.getTime() + 1));
    if (!buckets)
      throw invalidInput(
        '`from` must be before `to`, and there may be 400 periods between them at most.',
        'Take a longer `period` or a shorter time.',
      );
    const owner = await this.owner(query.user);
    const ask = <Row extends object>(statement: Statement, ...values: unknown[]): Promise<Row[]> =>
      this.context.db.query<Row>(statement, [this.tenantId, owner, ...values], this.context.transaction);
    const conversations = await ask<ConversationCount>(countConversations, MOST_ACTIVE);
    const [records] = await ask<Records>(findRecords);
    // Until now is until the end of today: nobody has said anything later, and a day that is not cut is a row.
    const moments = [...buckets.map(({ start }) => start), to ?? endOfDay(now)];
    const times = await ask<TimeCount>(countMessagesByTime, moments, [
      ...new Set([moments[0]!, moments.at(-1)!].filter(cutsDay).map(dayOf)),
    ]);
    const byStatus = conversations.filter(({ by }) => by === 'status');
    const messages = sum(byStatus, 'messages');
    const [embeddings] = await ask<{ pending: number }>(
      messages > FEW ? estimatePendingEmbeddings : countPendingEmbeddings,
      models.map(({ provider }) => provider),
      models.map(({ model }) => model),
      models.map(({ dimensions }) => dimensions ?? null),
    );
    const { tasks, ...found } = records!;
    return {
      ...found,
      conversations: sum(byStatus, 'conversations'),
      conversationsByStatus: sumBy(byStatus, 'status', 'conversations'),
      messages,
      messagesByRole: sumBy(times, 'role', 'messages'),
      tasks: Object.values(tasks).reduce((total, count) => total + count, 0),
      tasksByStatus: tasks,
      inputTokens: sum(byStatus, 'inputTokens'),
      outputTokens: sum(byStatus, 'outputTokens'),
      turns: sum(byStatus, 'turns'),
      mostActiveUsers: conversations
        .filter(({ by }) => by === 'user')
        .map(({ user, conversations, messages }) => ({ user, conversations, messages })),
      byPlatform: conversations
        .filter(({ by }) => by === 'platform')
        .map(({ platform, conversations, messages }) => ({ platform, conversations, messages })),
      period,
      byPeriod: buckets.flatMap((bucket, at) => {
        const inside = times.filter((count) => count.bucket === at + 1);
        return inside.length === 0 ? [] : [{ ...bucket, messages: sum(inside, 'messages'), tokens: sum(inside, 'tokens') }];
      }),
      pendingEmbeddings: embeddings?.pending ?? 0,
    };
  }

  /** What a whole conversation costs in a context; `estimated` where a stored count is missing. */
  async tokens(conversationId: string): Promise<{ tokens: number; estimated: boolean }> {
    const [row] = await this.context.db.query<{ tokens: number; estimated: boolean }>(
      countTokens,
      [this.tenantId, this.userId, conversationId],
      this.context.transaction,
    );
    if (!row) throw notFound('conversation', conversationId, 'Call list_conversations for the ids you can read.');
    return row;
  }

  private async owner(user: string | undefined): Promise<string | null> {
    this.assertUser(user);
    if (user === undefined || this.userId !== null) return this.userId;
    const found = await this.context.models.User.findOne({ where: this.ofTenant({ externalId: user }), ...this.tx });
    if (!found) throw noUser(user);
    return found.id;
  }
}

type Numbers<Row> = { [K in keyof Row]: Row[K] extends number ? K : never }[keyof Row];

const sum = <Row>(rows: readonly Row[], key: Numbers<Row>): number => rows.reduce((total, row) => total + (row[key] as number), 0);

function sumBy<Row, K extends keyof Row>(rows: readonly Row[], by: K, key: Numbers<Row>): Partial<Record<Row[K] & string, number>> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row[by] as string, (sums.get(row[by] as string) ?? 0) + (row[key] as number));
  return Object.fromEntries(sums) as Partial<Record<Row[K] & string, number>>;
}

const cutsDay = (moment: Date): boolean => moment.getTime() % DAY_MS !== 0;
const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);
const endOfDay = (moment: Date): Date => new Date(Math.floor(moment.getTime() / DAY_MS) * DAY_MS + DAY_MS);
