import type { Sequelize, Transaction } from 'sequelize';
import type { Capabilities, Database, EngineFacts, Statement, TransactionKind } from './database.js';
import type { JobLock } from './job-lock.js';
import type { RowSecurityState } from './row-security.js';
import { type ModelQuery, sequelizeWith } from './sequelize-internals.js';

/** What the database lets one tenant do. */
export type TenantAccess = Readonly<{
  query<Row extends object>(statement: Statement, values: readonly unknown[], transaction?: Transaction): Promise<Row[]>;
  transaction<T>(work: (transaction: Transaction) => Promise<T>, kind?: TransactionKind): Promise<T>;
  /** Whether a transaction was begun for this tenant. */
  began(transaction: Transaction): boolean;
}>;

/** A database in one tenant's hands: what is sent through it, and through its Sequelize, is under the tenant's policies. */
export class TenantDatabase implements Database {
  readonly sequelize: Sequelize;
  readonly #owner: Database;
  readonly #tenantId: string;
  readonly #access: TenantAccess;

  constructor(owner: Database, tenantId: string, access: TenantAccess) {
    this.#owner = owner;
    this.#tenantId = tenantId;
    this.#access = access;
    this.sequelize = sequelizeWith(owner.sequelize, (send, options) => this.#model(send, options));
  }

  get capabilities(): Capabilities {
    return this.#owner.capabilities;
  }

  async query<Row extends object>(statement: Statement, values: readonly unknown[], transaction?: Transaction): Promise<Row[]> {
    if (transaction) this.#assertOwn(transaction);
    if (statement.asOwner && values[0] !== this.#tenantId) throw new Error(`${statement.name} was sent for another tenant.`);
    return this.#access.query<Row>(statement, values, transaction);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>, kind?: TransactionKind): Promise<T> {
    return this.#access.transaction(work, kind);
  }

  forTenant(tenantId: string): Database {
    if (tenantId !== this.#tenantId) throw new Error('A database in the hands of one tenant is not for another.');
    return this;
  }

  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#owner.listen(channel, handler);
  }

  tryLock(name: string): Promise<JobLock | null> {
    return this.#owner.tryLock(name);
  }

  describe(): Promise<EngineFacts> {
    return this.#owner.describe();
  }

  rowSecurity(): Promise<RowSecurityState | null> {
    return this.#owner.rowSecurity();
  }

  establishRowSecurity(): Promise<void> {
    throw new Error('Policies are not for a tenant to change.');
  }

  close(): Promise<void> {
    throw new Error('The database is not for a tenant to close.');
  }

  /** A model query of its own takes a transaction of its own: the driver's path that Sequelize uses has no place for more. */
  async #model(send: ModelQuery, transaction: Transaction | null | undefined): Promise<unknown> {
    if (transaction) {
      this.#assertOwn(transaction);
      return send(transaction);
    }
    return this.capabilities.rowSecurity ? this.#access.transaction(send) : send();
  }

  #assertOwn(transaction: Transaction): void {
    if (!this.#access.began(transaction)) throw new Error('The transaction was not begun for this tenant.');
  }
}
