import type { Transaction } from 'sequelize';
import type { Database } from '../../db/database.js';
import { AppError, notFound } from '../../errors.js';
import { isUuid } from '../../ids.js';
import {
  findPortableConversation,
  findPortableUser,
  isReadIn,
  type PortableScope,
  readColumns,
  readTenantRow,
} from '../sql/portable-read.js';
import {
  ACCOUNTS,
  CONVERSATION,
  GRANTS,
  KINDS,
  LAST,
  MEMORY,
  NEVER,
  NODE,
  OF_CONVERSATION,
  OF_NODE,
  PAST_EVENT,
  PEOPLE,
  type PortableKind,
} from './portable-kinds.js';
import { RowStream } from './row-stream.js';

export type PortableRow = Readonly<{ type: string; row: string }>;

/** How much is read. */
export type PortableChoice = Readonly<{
  user?: string | undefined;
  conversation?: string | undefined;
  accounts?: boolean | undefined;
  grants?: boolean | undefined;
}>;

/** Where reading goes on: at the section of a type, after what has this place in it. */
export type PortablePlace = Readonly<{ type: string; after: readonly string[] }>;

/** The columns of each type that files hold, by the names they have here. */
export async function portableColumns(
  db: Database,
  transaction?: Transaction,
  kinds: readonly PortableKind[] = KINDS,
): Promise<Map<string, string[]>> {
  const tables = [...new Set(kinds.map(({ table }) => table))];
  const rows = await db.query<{ table: string; columns: string[] }>(readColumns, [tables], transaction);
  const known = new Map(rows.map(({ table, columns }) => [table, columns]));
  return new Map(
    kinds.map(({ type, table, left = [] }) => [
      type,
      (known.get(table) ?? []).filter((name) => !NEVER.includes(name) && !left.includes(name)),
    ]),
  );
}

/** Reads all that a tenant has, or a part of it, in the order it can be written again: rows under the row they belong to. */
export class PortableReader {
  readonly #db: Database;
  readonly #transaction: Transaction | undefined;
  readonly #tenantId: string;
  readonly #columns: ReadonlyMap<string, readonly string[]>;

  /** `columns` of each type, as `portableColumns` tells them. */
  constructor(db: Database, tenantId: string, columns: ReadonlyMap<string, readonly string[]>, transaction?: Transaction) {
    this.#db = db;
    this.#columns = columns;
    this.#transaction = transaction;
    this.#tenantId = tenantId;
  }

  async *read(choice: PortableChoice, from?: PortablePlace): AsyncGenerator<PortableRow> {
    const [scope, subject] = await this.#scopeOf(choice);
    const stream = (kind: PortableKind, after?: readonly string[]) =>
      new RowStream(this.#db, this.#transaction, this.#tenantId, kind, scope, subject, this.#columns.get(kind.type) ?? [], after);
    const sections = [
      ...[...PEOPLE, ...(choice.accounts ? ACCOUNTS : []), ...(choice.grants ? [GRANTS] : [])].map((kind) => ({
        kind,
        under: [] as readonly PortableKind[],
      })),
      { kind: CONVERSATION, under: OF_CONVERSATION },
      { kind: MEMORY, under: [] },
      { kind: NODE, under: OF_NODE },
      ...LAST.map((kind) => ({ kind, under: [] })),
    ].filter(({ kind }) => isReadIn(kind, scope));
    if (scope === 'tenant' && from === undefined) yield { type: 'tenant', row: await this.tenantRow() };
    const start = from ? sections.findIndex(({ kind }) => kind.type === from.type) : 0;
    // Whoever goes on later has to know those that came meanwhile.
    for (const { kind } of sections.slice(0, from ? Math.min(start, PEOPLE.length) : 0)) yield* rows(kind, stream(kind));
    for (const { kind, under } of sections.slice(start)) {
      const after = from?.type === kind.type ? from.after : undefined;
      if (under.length === 0) yield* rows(kind, stream(kind, after));
      else
        yield* blocks(
          kind,
          stream(kind, after),
          under.map((child) => ({ kind: child, stream: stream(child, after && startUnder(child, after[0]!)) })),
        );
    }
  }

  /** The tenant's own row, its settings among it. */
  async tenantRow(): Promise<string> {
    const [row] = await this.#db.query<{ row: string }>(readTenantRow, [this.#tenantId], this.#transaction);
    if (!row) throw new AppError('not_found', `There is no tenant ${this.#tenantId}.`);
    return row.row;
  }

  async #scopeOf({ user, conversation }: PortableChoice): Promise<[PortableScope, string | null]> {
    if (conversation !== undefined) return ['conversation', await this.#find(findPortableConversation, 'conversation', conversation)];
    return user === undefined ? ['tenant', null] : ['user', await this.#find(findPortableUser, 'user', user)];
  }

  async #find(statement: typeof findPortableUser, what: string, name: string): Promise<string> {
    const known = statement !== findPortableConversation || isUuid(name);
    const [row] = known ? await this.#db.query<{ id: string }>(statement, [this.#tenantId, name], this.#transaction) : [];
    if (!row) throw notFound(what, name, `Nothing was written. Tenant ${this.#tenantId} was looked at.`);
    return row.id;
  }
}

const LAST_OF = {
  uuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  integer: '2147483647',
  bigint: '9223372036854775807',
  text: '\u{10ffff}',
} as const;

/** What comes after everything that is under the parent. */
const startUnder = ({ order }: PortableKind, parent: string): string[] => order.map(({ type }, at) => (at === 0 ? parent : LAST_OF[type]));

async function* rows({ type }: PortableKind, stream: RowStream): AsyncGenerator<PortableRow> {
  for (let row = await stream.next(); row; row = await stream.next()) yield { type, row: row.row };
}

/** Each row with those under it. Both come in the order of the parent's id, so each is read once, from beginning to end. */
async function* blocks(
  { type }: PortableKind,
  parents: RowStream,
  children: readonly { kind: PortableKind; stream: RowStream }[],
): AsyncGenerator<PortableRow> {
  for (;;) {
    const parent = await parents.next();
    const id = parent?.place[0];
    // Only events stay when what they tell of is gone.
    for (const { stream } of children) {
      for (let row = await stream.head(); row && (id === undefined || row.place[0]! < id); row = await stream.head()) {
        if (stream.table === PAST_EVENT.table) yield { type: PAST_EVENT.type, row: row.row };
        stream.skip();
      }
    }
    if (!parent) return;
    yield { type, row: parent.row };
    for (const { kind, stream } of children) {
      for (let row = await stream.head(); row && row.place[0] === id; row = await stream.head()) {
        yield { type: kind.type, row: row.row };
        stream.skip();
      }
    }
  }
}
