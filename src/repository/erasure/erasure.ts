import { type Context, Repository } from '../context.js';
import { CorpusChanges } from '../corpus-changes.js';
import { EventRepository } from '../events.js';
import { lockCorpus } from '../sql/corpus.js';
import { eraseMemories, eraseNodes, lockOwnMemories, lockOwnNodes, unlinkOwnMemories } from '../sql/erase-memories.js';
import {
  eraseConversations,
  eraseEventsOfConversations,
  eraseEventsOfMessages,
  eraseMessages,
  lockConversations,
  lockOwnConversations,
  pickMessagesElsewhere,
  pickMessagesOf,
} from '../sql/erase-messages.js';
import {
  countPerson,
  eraseAccess,
  eraseEvents,
  eraseTasks,
  eraseUser,
  findHolds,
  findIdentifiers,
  freeSessions,
} from '../sql/erase-person.js';
import { UserRepository } from '../users.js';

/** Rows by table; `citations` are places where others name what was removed as evidence. */
export type ErasureCounts = Record<string, number>;

export type Person = Readonly<{ id: string; externalId: string; identifiers: readonly string[] }>;
export type Hold = { id: string; own: boolean };
type EventPlace = readonly [string, string];

/** What one batch removed, and whether there may be more. */
export type ErasureBatch = { counts: ErasureCounts; more: boolean };

const ROWS = 500;
const CONVERSATIONS = 50;
const NODES = 200;
const EVENTS = 2_000;
const PASSED_EVENTS = 5_000;

/** Removing a person, a batch in a transaction each. Every batch leaves counters and statistics of words right. */
export class ErasureRepository extends Repository {
  async find(user: string | undefined): Promise<Person> {
    const { id, externalId } = await new UserRepository(this.context).get(user);
    const [row] = await this.context.db.query<{ identifiers: string[] }>(findIdentifiers, [this.tenantId, id], this.context.transaction);
    return { id, externalId, identifiers: row!.identifiers };
  }

  holds({ id }: Person): Promise<Hold[]> {
    return this.context.db.query<Hold>(findHolds, [this.tenantId, id], this.context.transaction);
  }

  async count(person: Person): Promise<ErasureCounts> {
    const values = [this.tenantId, person.id, person.identifiers, actorOf(person)];
    return this.one(this.context, countPerson, values);
  }

  /** Keys, grants, the account, and what is noted of signing in. */
  async access({ id, identifiers }: Person): Promise<ErasureBatch> {
    return { counts: await this.one(this.context, eraseAccess, [this.tenantId, id, identifiers]), more: false };
  }

  /** The person's own conversations, whoever speaks in them. */
  async conversations({ id }: Person, ignoreHolds: boolean): Promise<ErasureBatch> {
    const begun = await this.atomically(async (context) => {
      const ids = await this.ids(context, lockOwnConversations, [this.tenantId, id, ignoreHolds, CONVERSATIONS]);
      const messages = await this.ids(context, pickMessagesOf, [this.tenantId, ids, ROWS]);
      return { ids, counts: await this.messages(context, messages), more: messages.length === ROWS };
    });
    if (begun.ids.length === 0 || begun.more) return begun;
    const counts = [begun.counts];
    for (let events = EVENTS; events === EVENTS; ) {
      const removed = await this.one(this.context, eraseEventsOfConversations, [this.tenantId, begun.ids, EVENTS]);
      events = removed.message_events ?? 0;
      counts.push(removed);
    }
    counts.push(
      await this.atomically(async (context) => {
        await context.db.query(lockConversations, [this.tenantId, begun.ids], context.transaction);
        const { ids, ...removed } = await this.one(context, eraseConversations, [this.tenantId, begun.ids, id]);
        await this.leaveTombstones(
          context,
          (ids as unknown as string[]).map((conversationId) => ({ conversationId, ownerId: null })),
        );
        return removed;
      }),
    );
    return { counts: sumOf(counts), more: true };
  }

  /** What the person said in conversations of others. */
  async messagesElsewhere({ id }: Person, ignoreHolds: boolean): Promise<ErasureBatch> {
    return this.atomically(async (context) => {
      const pick = () =>
        context.db.query<{ id: string; conversationId: string; seq: number; ownerId: string | null }>(
          pickMessagesElsewhere,
          [this.tenantId, id, ignoreHolds, ROWS],
          context.transaction,
        );
      const homes = [...new Set((await pick()).map(({ conversationId }) => conversationId))];
      await context.db.query(lockConversations, [this.tenantId, homes], context.transaction);
      const rows = (await pick()).filter(({ conversationId }) => homes.includes(conversationId));
      const ids = rows.map((row) => row.id);
      const counts = [await this.messages(context, ids)];
      if (ids.length > 0) {
        counts.push(await this.one(context, eraseEventsOfMessages, [this.tenantId, homes, ids]));
        await this.leaveTombstones(
          context,
          rows.map(({ id: messageId, conversationId, ownerId, seq }) => ({ messageId, conversationId, ownerId, after: { seq } })),
        );
      }
      return { counts: sumOf(counts), more: rows.length > 0 };
    });
  }

  async memories({ id }: Person): Promise<ErasureBatch> {
    return this.atomically(async (context) => {
      const { db, transaction } = context;
      const locked = await db.query<{ id: string; picked: boolean }>(lockOwnMemories, [this.tenantId, id, ROWS], transaction);
      const ids = locked.map((row) => row.id);
      const picked = locked.filter((row) => row.picked).map((row) => row.id);
      if (picked.length === 0) return { counts: {}, more: false };
      await new CorpusChanges(context).forget('memory', ids);
      await db.query(unlinkOwnMemories, [this.tenantId, ids, context.clock()], transaction);
      return { counts: await this.one(context, eraseMemories, [this.tenantId, picked]), more: picked.length === ROWS };
    });
  }

  /** The person's own graphs. */
  async nodes({ id }: Person): Promise<ErasureBatch> {
    return this.atomically(async (context) => {
      const ids = await this.ids(context, lockOwnNodes, [this.tenantId, id, NODES]);
      if (ids.length === 0) return { counts: {}, more: false };
      await new CorpusChanges(context).forget('node', ids);
      return { counts: await this.one(context, eraseNodes, [this.tenantId, ids]), more: ids.length === NODES };
    });
  }

  async tasks({ id }: Person): Promise<ErasureBatch> {
    const counts = await this.one(this.context, eraseTasks, [this.tenantId, id, ROWS]);
    return { counts, more: counts.tasks === ROWS };
  }

  /** Events that still name the person, of what was removed earlier; answers where to go on. */
  async events(person: Person, [xactId, eventSeq]: EventPlace): Promise<ErasureBatch & { next: EventPlace }> {
    const [row] = await this.context.db.query<{ message_events: number; passed: number; xactId: string | null; eventSeq: string | null }>(
      eraseEvents,
      [this.tenantId, person.id, actorOf(person), xactId, eventSeq, PASSED_EVENTS],
      this.context.transaction,
    );
    const { message_events, passed, ...place } = row!;
    return { counts: { message_events }, more: passed === PASSED_EVENTS, next: [place.xactId ?? xactId, place.eventSeq ?? eventSeq] };
  }

  /** The person's row, and what only it was for. Refused by the database while anything still belongs to it. */
  async user({ id, externalId }: Person): Promise<ErasureBatch> {
    return this.atomically(async (context) => {
      await context.db.query(lockCorpus, [this.tenantId], context.transaction);
      await context.db.query(freeSessions, [this.tenantId, id], context.transaction);
      return { counts: await this.one(context, eraseUser, [this.tenantId, id, externalId]), more: false };
    });
  }

  private async messages(context: Context, ids: readonly string[]): Promise<ErasureCounts> {
    if (ids.length === 0) return {};
    await new CorpusChanges(context).forget('message', ids);
    return this.one(context, eraseMessages, [this.tenantId, ids, context.clock()]);
  }

  /** By nobody in particular: who erases themselves must not be named by the last that is left of them. */
  private async leaveTombstones(
    context: Context,
    rows: readonly { conversationId: string; messageId?: string; ownerId: string | null; after?: { seq: number } }[],
  ): Promise<void> {
    const principal = { ...context.principal, user: null, role: this.userId === null ? context.principal.role : ('system' as const) };
    if (rows.length > 0)
      await new EventRepository({ ...context, principal }).record(...rows.map((row) => ({ ...row, type: 'purged' as const })));
  }

  private async ids({ db, transaction }: Context, statement: typeof eraseUser, values: readonly unknown[]): Promise<string[]> {
    return (await db.query<{ id: string }>(statement, values, transaction)).map(({ id }) => id);
  }

  private async one({ db, transaction }: Context, statement: typeof eraseUser, values: readonly unknown[]): Promise<ErasureCounts> {
    return (await db.query<ErasureCounts>(statement, values, transaction))[0]!;
  }
}

/** As a principal that is bound to the person is named in events. */
const actorOf = ({ externalId }: Person): string => `user:${externalId}`;

export function sumOf(counts: readonly ErasureCounts[]): ErasureCounts {
  const sum: ErasureCounts = {};
  for (const [table, rows] of counts.flatMap((one) => Object.entries(one))) sum[table] = (sum[table] ?? 0) + rows;
  return sum;
}
