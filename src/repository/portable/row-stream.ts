import type { Transaction } from 'sequelize';
import type { Database, Statement } from '../../db/database.js';
import { type PortableScope, readPortable, startOf } from '../sql/portable-read.js';
import type { PortableKind } from './portable-kinds.js';

export type PlacedRow = Readonly<{ place: string[]; row: string }>;

/** Rows of a page to begin with, and how large pages become: few rows where they are large. */
const FIRST_PAGE = 50;
const MOST_ROWS = 2_000;
const PAGE_CHARACTERS = 2_000_000;

/** The rows of one kind in their order, read a page at a time. */
export class RowStream {
  readonly table: string;
  readonly #load: (after: readonly string[], limit: number) => Promise<PlacedRow[]>;
  #after: readonly string[];
  #page: PlacedRow[] = [];
  #at = 0;
  #limit = FIRST_PAGE;
  #done = false;

  constructor(
    db: Database,
    transaction: Transaction | undefined,
    tenantId: string,
    kind: PortableKind,
    scope: PortableScope,
    subject: string | null,
    columns: readonly string[],
    after: readonly string[] = startOf(kind),
  ) {
    this.table = kind.table;
    this.#after = after;
    const statement: Statement = readPortable(kind, scope, columns);
    this.#load = (place, limit) => db.query<PlacedRow>(statement, [tenantId, subject, limit, ...place], transaction);
  }

  /** The next row, which stays the next. */
  async head(): Promise<PlacedRow | undefined> {
    if (this.#at >= this.#page.length && !this.#done) await this.#turn();
    return this.#page[this.#at];
  }

  skip(): void {
    this.#at += 1;
  }

  async next(): Promise<PlacedRow | undefined> {
    const row = await this.head();
    if (row) this.skip();
    return row;
  }

  async #turn(): Promise<void> {
    this.#page = await this.#load(this.#after, this.#limit);
    this.#at = 0;
    this.#done = this.#page.length < this.#limit;
    this.#after = this.#page.at(-1)?.place ?? this.#after;
    const characters = this.#page.reduce((sum, { row }) => sum + row.length, 0) / Math.max(1, this.#page.length);
    this.#limit = Math.max(1, Math.min(MOST_ROWS, this.#limit * 4, Math.floor(PAGE_CHARACTERS / Math.max(1, characters))));
  }
}
