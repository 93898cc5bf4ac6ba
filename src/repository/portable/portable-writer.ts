import type { Transaction } from 'sequelize';
import type { Database, Statement } from '../../db/database.js';
import { AppError } from '../../errors.js';
import type { Admission } from '../quotas/quotas.js';
import { forgetSubjects } from '../sql/corpus-changes.js';
import {
  correctCounts,
  countPortable,
  findTakenKeys,
  isUntouched,
  mapMemories,
  mapPortable,
  settleNodes,
  writePortable,
  writeTenantRow,
} from '../sql/portable-write.js';
import { parseRow } from './parse-row.js';
import { CONVERSATION, EVENT, KINDS, kindOf, MEMORY, NODE, type PortableKind } from './portable-kinds.js';

/** A row of a file: its type, its columns as JSON, and which line it is. */
export type GivenRow = Readonly<{ type: string; row: string; line: number }>;

export type WriteReport = {
  /** By type: how many were read, and how many of them were not here before. */
  rows: Record<string, { read: number; added: number }>;
  /** What was left out although it was not here, and why. */
  rejected: { what: string; why: string }[];
  /** Conversations whose counters did not say what is there. */
  corrected: number;
};

const emptyWriteReport = (): WriteReport => ({ rows: {}, rejected: [], corrected: 0 });

const BATCH_ROWS = 1_000;
const BATCH_CHARACTERS = 8_000_000;
/** Transactions that write at once where the engine has room for more than one. */
const WIDTH = 4;

type Admit = (rows: readonly GivenRow[]) => Promise<Admission | undefined>;

/** What one transaction did, to be added to the whole when it is committed. */
type Group = {
  readonly report: WriteReport;
  readonly linked: GivenRow[];
  readonly conversations: string[];
  readonly nodes: string[];
  readonly described: Set<string>;
};

/**
 * Writes rows of files into one tenant. What is here already stays as it is: a row is known by its id, a person, device, session
 * or node by its name too, and then what points to it in the file points to the one that is here. Of a conversation that is here
 * nothing is added.
 */
export class PortableWriter {
  readonly report = emptyWriteReport();
  readonly #db: Database;
  readonly #tenantId: string;
  readonly #columns: ReadonlyMap<string, readonly string[]>;
  /** Ids that something has here, by those it has in the file. */
  readonly #ids: Record<string, string> = {};
  #idsText = '{}';
  readonly #admit: Admit | undefined;
  /** Memories that name others: they come last, all in one statement. */
  readonly #linked: GivenRow[] = [];

  /** `columns` of each type are those that the file holds. `admit` refuses rows that there is no room for. */
  constructor(db: Database, tenantId: string, columns: ReadonlyMap<string, readonly string[]>, admit?: Admit) {
    this.#db = db;
    this.#admit = admit;
    this.#tenantId = tenantId;
    this.#columns = columns;
  }

  /** How many calls of `write` may be under way at once, where their rows do not point to each other. */
  get width(): number {
    return this.#db.capabilities.concurrentTransactions ? WIDTH : 1;
  }

  /** Writes rows in one transaction: all of them, or none. With a rest that can be read only once it is not tried again after a lost connection. */
  async write(rows: readonly GivenRow[], rest?: AsyncIterable<GivenRow>): Promise<void> {
    const admission = await this.#admit?.(rows);
    let begun = false;
    try {
      const group = await this.#db.transaction(async (transaction) => {
        if (begun && rest)
          throw new AppError('unavailable', 'The connection to the database was lost.', { hint: 'Run it again: what is there stays.' });
        begun = true;
        const group: Group = { report: emptyWriteReport(), linked: [], conversations: [], nodes: [], described: new Set() };
        await this.#group(rest ? together(rows, rest) : rows, group, transaction);
        return group;
      });
      admission?.keep();
      addReport(this.report, group.report);
      this.#linked.push(...group.linked);
    } finally {
      admission?.undo();
    }
  }

  /** The memories that name others, in one transaction. To be called when all rows were given. */
  async finish(): Promise<void> {
    const linked = this.#linked.splice(0);
    if (linked.length === 0) return;
    const report = await this.#db.transaction(async (transaction) => {
      const report = emptyWriteReport();
      await this.#map(MEMORY, linked, transaction);
      await this.#store(MEMORY, linked, null, report, transaction);
      return report;
    });
    addReport(this.report, report);
  }

  /** Gives the tenant the name and settings of a file, where nothing is in it yet. */
  async tenant(row: string): Promise<boolean> {
    const [found] = await this.#db.query<{ untouched: boolean }>(isUntouched, [this.#tenantId]);
    if (!found?.untouched) return false;
    await this.#db.query(writeTenantRow, [this.#tenantId, row]);
    return true;
  }

  /** Only counts what is here. */
  async look(rows: readonly GivenRow[]): Promise<void> {
    for (const [kind, given] of byKind(rows)) {
      // Events have no id of their own.
      if (kind.table === EVENT.table) continue;
      const [found] = await this.#ask<{ known: number }>(countPortable(kind), [this.#tenantId, arrayOf(given)], given);
      note(this.report, kind.type, given.length, given.length - (found?.known ?? 0));
    }
  }

  async #group(rows: AsyncIterable<GivenRow> | readonly GivenRow[], group: Group, transaction: Transaction): Promise<void> {
    const { report, linked, conversations, nodes, described } = group;
    let waiting: GivenRow[] = [];
    let characters = 0;
    const flush = async () => {
      for (const [kind, given] of byKind(waiting)) {
        if (kind.natural || kind === MEMORY) await this.#map(kind, given, transaction);
        const parents = kind.parent === 'conversation_id' ? conversations : kind.parent === 'node_id' ? nodes : null;
        const stored = await this.#store(kind, given, parents, report, transaction);
        if (kind === CONVERSATION) {
          conversations.push(...stored);
          if (stored.length < given.length) report.rejected.push(...(await this.#findTaken(given, transaction)));
        }
        if (kind === NODE) nodes.push(...stored);
        if (kind === NODE || kind.type === 'observation') for (const id of stored) described.add(id);
      }
      waiting = [];
      characters = 0;
    };
    for await (const row of rows) {
      if (row.type === MEMORY.type && hasLinks(row)) {
        linked.push(row);
        continue;
      }
      waiting.push(row);
      characters += row.row.length;
      if (waiting.length >= BATCH_ROWS || characters >= BATCH_CHARACTERS) await flush();
    }
    await flush();
    if (conversations.length > 0) {
      const corrected = await this.#db.query(correctCounts, [this.#tenantId, conversations], transaction);
      report.corrected += corrected.length;
    }
    if (described.size > 0) {
      const known = [...described].filter((id) => !nodes.includes(id));
      if (known.length > 0) await this.#db.query(forgetSubjects('node'), [this.#tenantId, known], transaction);
      await this.#db.query(settleNodes, [this.#tenantId, [...described]], transaction);
    }
  }

  async #store(
    kind: PortableKind,
    given: readonly GivenRow[],
    parents: readonly string[] | null,
    report: WriteReport,
    transaction: Transaction,
  ): Promise<string[]> {
    const columns = this.#columns.get(kind.type) ?? [];
    const values = [this.#tenantId, arrayOf(given), this.#idsText, parents];
    const stored = await this.#ask<{ id: string }>(writePortable(kind, columns), values, given, transaction);
    note(report, kind.type, given.length, stored.length);
    return stored.map(({ id }) => id);
  }

  async #map(kind: PortableKind, given: readonly GivenRow[], transaction: Transaction): Promise<void> {
    const others = await this.#ask<{ given: string; here: string }>(
      kind === MEMORY ? mapMemories : mapPortable(kind),
      [this.#tenantId, arrayOf(given), this.#idsText],
      given,
      transaction,
    );
    if (others.length === 0) return;
    for (const { given, here } of others) this.#ids[given] = here;
    this.#idsText = JSON.stringify(this.#ids);
  }

  async #findTaken(given: readonly GivenRow[], transaction: Transaction): Promise<WriteReport['rejected']> {
    const taken = await this.#ask<{ id: string; here: string }>(
      findTakenKeys,
      [this.#tenantId, arrayOf(given), this.#idsText],
      given,
      transaction,
    );
    return taken.map(({ id, here }) => ({
      what: `conversation ${id}`,
      why: `conversation ${here} is active here with the same conversation_key`,
    }));
  }

  /** What the database refuses is a fault of the file. */
  async #ask<Row extends object>(
    statement: Statement,
    values: unknown[],
    given: readonly GivenRow[],
    transaction?: Transaction,
  ): Promise<Row[]> {
    try {
      return await this.#db.query<Row>(statement, values, transaction);
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: string };
      if (typeof code !== 'string' || !/^(22|23|54)/.test(code)) throw error;
      const [first, last] = [given[0]?.line, given.at(-1)?.line];
      throw new AppError('invalid_input', `Lines ${first} to ${last} (${given[0]?.type}) cannot be stored: ${message?.slice(0, 300)}.`, {
        hint: 'The file is damaged, or was changed by hand. What was stored before these lines stays; nothing of them does.',
        cause: error,
      });
    }
  }
}

async function* together(rows: readonly GivenRow[], rest: AsyncIterable<GivenRow>): AsyncGenerator<GivenRow> {
  yield* rows;
  yield* rest;
}

function note(report: WriteReport, type: string, read: number, added: number): void {
  const before = report.rows[type] ?? { read: 0, added: 0 };
  report.rows[type] = { read: before.read + read, added: before.added + added };
}

function addReport(to: WriteReport, { rows, rejected, corrected }: WriteReport): void {
  for (const [type, { read, added }] of Object.entries(rows)) note(to, type, read, added);
  to.rejected.push(...rejected);
  to.corrected += corrected;
}

const arrayOf = (given: readonly GivenRow[]): string => `[${given.map(({ row }) => row).join(',')}]`;

/** In the order in which rows can be written. */
function byKind(rows: readonly GivenRow[]): [PortableKind, GivenRow[]][] {
  const groups = new Map<string, GivenRow[]>();
  for (const row of rows) {
    const group = groups.get(row.type);
    if (group) group.push(row);
    else groups.set(row.type, [row]);
  }
  return KINDS.flatMap((kind): [PortableKind, GivenRow[]][] => {
    const group = groups.get(kind.type);
    return group ? [[kindOf(kind.type)!, group]] : [];
  });
}

function hasLinks(given: GivenRow): boolean {
  const memory = parseRow<Record<string, unknown>>(given);
  return (memory.supersedes_id ?? memory.superseded_by_id ?? null) !== null;
}
