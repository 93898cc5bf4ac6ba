import type { Transaction } from 'sequelize';
import type { Database, Statement } from '../../src/db/database.js';

export type SentStatement = { statement: Statement; values: readonly unknown[] };

/** The same database, which also notes every statement that a tenant sends through it. */
export class RecordingDatabase implements Database {
  readonly #inner: Database;
  readonly #sent: SentStatement[];

  constructor(inner: Database, sent: SentStatement[]) {
    this.#inner = inner;
    this.#sent = sent;
  }

  get sequelize() {
    return this.#inner.sequelize;
  }

  get capabilities() {
    return this.#inner.capabilities;
  }

  query<Row extends object>(statement: Statement, values: readonly unknown[], transaction?: Transaction): Promise<Row[]> {
    this.#sent.push({ statement, values });
    return this.#inner.query<Row>(statement, values, transaction);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#inner.transaction(work);
  }

  forTenant(tenantId: string): Database {
    const bound = this.#inner.forTenant(tenantId);
    return bound === this.#inner ? this : new RecordingDatabase(bound, this.#sent);
  }

  listen(channel: string, handler: (payload: string) => void) {
    return this.#inner.listen(channel, handler);
  }

  tryLock(name: string) {
    return this.#inner.tryLock(name);
  }

  rowSecurity() {
    return this.#inner.rowSecurity();
  }

  establishRowSecurity(transaction: Transaction) {
    return this.#inner.establishRowSecurity(transaction);
  }

  describe() {
    return this.#inner.describe();
  }

  close() {
    return this.#inner.close();
  }
}
