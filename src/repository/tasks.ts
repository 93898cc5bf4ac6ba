import { v5 } from 'uuid';
import { z } from 'zod';
import { AppError, invalidInput, notFound } from '../errors.js';
import { newId } from '../ids.js';
import { type Context, Repository } from './context.js';
import { decodeCursor } from './cursor.js';
import { mergeJson } from './json-merge.js';
import { type Page, type PageQuery, pageOf } from './page.js';
import { containing } from './pattern.js';
import type { JsonObject } from './records.js';
import { findTask, listTasks } from './sql/tasks.js';
import { noUser } from './users.js';

export const TASK_STATUSES = ['open', 'done', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export type TaskRecord = {
  id: string;
  user: string | null;
  conversationId: string | null;
  messageId: string | null;
  title: string;
  details: string | null;
  status: TaskStatus;
  dueAt: Date | null;
  metadata: JsonObject;
  createdAt: Date;
  updatedAt: Date;
};

type Links = { user?: string | null | undefined; conversationId?: string | null | undefined; messageId?: string | null | undefined };

export type NewTask = Links & {
  title: string;
  details?: string | undefined;
  dueAt?: Date | undefined;
  metadata?: JsonObject | undefined;
  /** The caller's own id: a task with it is made once. */
  clientId?: string | undefined;
};

export type TaskChange = Links & {
  title?: string | undefined;
  details?: string | null | undefined;
  dueAt?: Date | null | undefined;
  status?: TaskStatus | undefined;
  metadata?: JsonObject | undefined;
};

export type TaskFilter = {
  status?: TaskStatus[] | undefined;
  user?: string | undefined;
  conversationId?: string | undefined;
  dueBefore?: Date | undefined;
  dueAfter?: Date | undefined;
  query?: string | undefined;
};

const place = z.strictObject({ at: z.iso.datetime().nullable(), id: z.guid() });
/** Where the ids of tasks with a client id come from: the same client id is the same id, in its tenant and for its user. */
const CLIENT_IDS = '6f1f0a5e-9d0b-4c57-8a0e-6f1d1b2f7c11';

/** Follow-ups and reminders that an agent keeps. */
export class TaskRepository extends Repository {
  async get(id: string): Promise<TaskRecord> {
    const [row] = await this.context.db.query<TaskRecord>(findTask, [this.tenantId, this.userId, id], this.context.transaction);
    if (!row) throw notFound('task', id, 'list_tasks shows the ids you can use.');
    return row;
  }

  async create({ title, details, dueAt, metadata = {}, clientId, ...links }: NewTask): Promise<{ task: TaskRecord; created: boolean }> {
    return this.atomically(async (context) => {
      const tasks = new TaskRepository(context);
      const id = clientId === undefined ? newId() : v5(JSON.stringify([this.tenantId, this.userId, clientId]), CLIENT_IDS);
      const known = await context.models.Task.findOne({ where: this.ofTenant({ id }), ...tasks.tx });
      if (known) return { task: await tasks.get(id), created: false };
      const { userId, conversationId, messageId, ownerId } = await this.link(context, links);
      const row = {
        tenantId: this.tenantId,
        id,
        userId: userId === undefined ? ownerId : userId,
        conversationId: conversationId ?? null,
        messageId: messageId ?? null,
        title,
        details: details ?? null,
        dueAt: dueAt ?? null,
        metadata: mergeJson({}, metadata),
      };
      await context.models.Task.bulkCreate([row], { ignoreDuplicates: true, ...tasks.tx });
      return { task: await tasks.get(id), created: true };
    });
  }

  /** Soonest due first, those without a due time last. */
  async list(filter: TaskFilter, page: PageQuery): Promise<Page<TaskRecord>> {
    this.assertUser(filter.user);
    const from = page.cursor === undefined ? null : decodeCursor('tasks', filter, page.cursor, place);
    const rows = await this.context.db.query<TaskRecord>(
      listTasks,
      [
        this.tenantId,
        this.userId,
        filter.status ?? null,
        filter.user ?? null,
        filter.conversationId ?? null,
        filter.dueBefore ?? null,
        filter.dueAfter ?? null,
        containing(filter.query),
        from?.at ?? null,
        from?.id ?? null,
        page.limit + 1,
      ],
      this.context.transaction,
    );
    return pageOf(rows, page.limit, 'tasks', filter, (last) => ({ at: last.dueAt?.toISOString() ?? null, id: last.id }));
  }

  async update(id: string, { title, details, dueAt, status, metadata, ...links }: TaskChange): Promise<TaskRecord> {
    return this.atomically(async (context) => {
      const { transaction } = context;
      const row = await context.models.Task.findOne({
        where: this.ofUser({ id }),
        ...(transaction ? { transaction, lock: transaction.LOCK.UPDATE } : {}),
      });
      if (!row) throw notFound('task', id, 'list_tasks shows the ids you can use.');
      if (status !== undefined) assertTransition(id, row.status, status);
      const { ownerId: _, ...linked } = await this.link(context, links);
      const change = { title, details, dueAt, status, metadata: metadata && mergeJson(row.metadata, metadata), ...linked };
      row.set(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)));
      await row.save({ transaction: transaction ?? null });
      return new TaskRepository(context).get(id);
    });
  }

  /** Row ids of what a task points to, as far as the caller says; a message brings its conversation. */
  private async link(context: Context, { user, conversationId, messageId }: Links) {
    this.assertUser(user ?? undefined);
    if (user === null && this.userId !== null) throw invalidInput('A task of this connection belongs to its user.', 'Leave `user` out.');
    const { Message, Conversation } = context.models;
    const { tx } = new TaskRepository(context);
    const conversationOf = (id: string) => Conversation.findOne({ where: this.ofUser({ id }), ...tx });
    let conversation = conversationId ? await conversationOf(conversationId) : null;
    if (conversationId && !conversation) throw notFound('conversation', conversationId, 'Call list_conversations for the ids you can use.');
    if (messageId) {
      const message = await Message.findOne({
        where: this.ofTenant({ id: messageId }),
        ...(context.transaction ? { transaction: context.transaction, lock: context.transaction.LOCK.KEY_SHARE } : {}),
      });
      const home = message && (await conversationOf(message.conversationId));
      if (!home) throw notFound('message', messageId, 'search_messages finds ids.');
      if (conversationId !== undefined && conversationId !== home.id) {
        throw invalidInput(`Message ${messageId} is in conversation ${home.id}.`, 'Leave conversation_id out: the message brings it.');
      }
      conversation = home;
    }
    return {
      userId: this.userId ?? (user ? await this.userNamed(context, user) : user),
      conversationId: conversation ? conversation.id : conversationId,
      messageId,
      ownerId: conversation?.userId ?? null,
    };
  }

  private async userNamed(context: Context, user: string): Promise<string> {
    const { tx } = new TaskRepository(context);
    const found = await context.models.User.findOne({ where: this.ofTenant({ externalId: user }), ...tx });
    if (!found) throw noUser(user);
    return found.id;
  }
}

const FOLLOWS: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = { open: ['done', 'cancelled'], done: ['open'], cancelled: ['open'] };

function assertTransition(id: string, from: TaskStatus, to: TaskStatus): void {
  if (from === to || FOLLOWS[from].includes(to)) return;
  throw new AppError('conflict', `Task ${id} is ${from} and cannot become ${to}.`, {
    hint: `From ${from} it can become: ${FOLLOWS[from].join(', ')}.`,
  });
}
