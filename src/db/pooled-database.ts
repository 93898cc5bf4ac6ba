import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { CommitStillRunning, commitOutcome, noteTransactionId } from './commit-outcome.js';
import { Connections } from './connections.js';
import { type Connection, createSequelize } from './create-sequelize.js';
import type { Capabilities, Database, EngineFacts, Statement, TransactionKind } from './database.js';
import type { JobLock } from './job-lock.js';
import { Listener } from './listener.js';
import { constraintOf, isConnectionLost, isContention, wasNotSent } from './pg-errors.js';
import type { Pooler } from './pooler.js';
import { retrying, transience } from './retry.js';
import type { RowSecurity, RowSecurityState } from './row-security.js';
import { connectionOf, destroySocket, finish, openTransaction } from './sequelize-internals.js';
import { TenantDatabase } from './tenant-database.js';
import { type Around, sendAround } from './tenant-query.js';
import { TransactionScope } from './transaction-scope.js';

const CLOSE_GRACE_MS = 500;

const PLAIN_READ = /^\s*select\b/i;

/** What differs between a shared folder and a server. */
export type EngineSide = Readonly<{
  connection: Connection;
  concurrentTransactions: boolean;
  serverMajor: number;
  pooler?: Pooler | null;
  /** Where policies can keep tenants apart. */
  rowSecurity?: RowSecurity;
  tryLock(name: string): Promise<JobLock | null>;
  describe(database: Database): Promise<EngineFacts>;
  close(): Promise<void>;
}>;

/** Whom a transaction was begun for, and the policies it is under. */
type Tenancy = Readonly<{ tenantId: string; policies: Policies | undefined }>;
type Policies = Pick<RowSecurityState, 'role' | 'loginRole'>;

/** The database behind one pool of ordinary `pg` connections; the same for every engine. */
export class PooledDatabase implements Database {
  readonly sequelize: Sequelize;
  readonly #side: EngineSide;
  readonly #log: Log;
  readonly #scope = new TransactionScope();
  readonly #listener: Listener;
  readonly #connections: Connections;
  readonly #tenancies = new WeakMap<Transaction, Tenancy>();
  readonly #locks = new Set<JobLock>();
  #capabilities: Capabilities;
  #policies: Policies | undefined;
  #closing: Promise<void> | undefined;

  constructor(side: EngineSide, log: Log) {
    this.#side = side;
    this.#log = log;
    this.sequelize = createSequelize(side.connection, log);
    this.#connections = new Connections(this.sequelize);
    this.#listener = new Listener(side.connection, log);
    const { concurrentTransactions, pooler } = this.#side;
    this.#capabilities = { concurrentTransactions, sessions: !pooler, vector: false, trigram: false, rowSecurity: false, sharded: false };
    this.#guardSequelize();
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  async detectCapabilities(): Promise<void> {
    const [row] = await this.query<{ vector: boolean; trigram: boolean; citus: boolean }>(INSTALLED_EXTENSIONS, []);
    const { vector, trigram, citus } = { vector: false, trigram: false, citus: false, ...row };
    this.#capabilities = { ...this.#capabilities, vector, trigram, sharded: citus };
    await this.rowSecurity();
  }

  /**
   * Values come back as `pg` gives them: timestamptz as Date, json as objects, arrays as arrays, int2, int4 and floats as
   * numbers; int8 and numeric as strings, from models too. Errors are the driver's own: `toAppError` translates them for a caller.
   */
  query<Row extends object>(statement: Statement, values: readonly unknown[], transaction?: Transaction): Promise<Row[]> {
    return this.#query<Row>(statement, values, transaction, undefined);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>, kind?: TransactionKind): Promise<T> {
    return this.#transaction(work, undefined, kind);
  }

  forTenant(tenantId: string): Database {
    return new TenantDatabase(this, tenantId, {
      query: (statement, values, transaction) => this.#query(statement, values, transaction, tenantId),
      transaction: (work, kind) => this.#transaction(work, tenantId, kind),
      began: (transaction) => this.#tenancies.get(transaction)?.tenantId === tenantId,
    });
  }

  async rowSecurity(): Promise<RowSecurityState | null> {
    const state = (await this.#side.rowSecurity?.inspect(this)) ?? null;
    this.#policies = state?.on ? state : undefined;
    this.#capabilities = { ...this.#capabilities, rowSecurity: state?.on === true };
    return state;
  }

  async establishRowSecurity(transaction: Transaction): Promise<void> {
    await this.#side.rowSecurity?.establish(this, transaction);
  }

  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>> {
    // A pooler would leave the connection that listens to others, who hear nothing, as we would.
    if (!this.#capabilities.sessions) return Promise.resolve(async () => {});
    return this.#listener.listen(channel, handler);
  }

  async tryLock(name: string): Promise<JobLock | null> {
    if (this.#closing) throw new AppError('unavailable', 'The database is closed.');
    const taken = await this.#side.tryLock(name);
    if (!taken) return null;
    const lock: JobLock = {
      lost: taken.lost,
      release: async () => {
        if (this.#locks.delete(lock)) await taken.release();
      },
    };
    this.#locks.add(lock);
    return lock;
  }

  describe(): Promise<EngineFacts> {
    return this.#side.describe(this);
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#connections.close();
      await Promise.all([this.#listener.close(), ...[...this.#locks].map((lock) => lock.release())]);
      // Waits for what is running, but not for long: whoever closes wants to leave.
      const drained = this.sequelize.close();
      // A timer left running would keep the process for as long as it has to go.
      const patience = new AbortController();
      await Promise.race([drained, sleep(CLOSE_GRACE_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
      patience.abort();
      await this.#side.close();
      this.#connections.destroy();
      await drained.catch(() => undefined);
    })();
    return this.#closing;
  }

  async #query<Row extends object>(
    statement: Statement,
    values: readonly unknown[],
    transaction: Transaction | undefined,
    tenantId: string | undefined,
  ): Promise<Row[]> {
    if (transaction) {
      const tenancy = this.#tenancies.get(transaction);
      return this.#run<Row>(connectionOf(transaction), statement, values, tenancy, true);
    }
    this.#scope.assertOutside(statement.name);
    const isTransient = transience();
    const send = (client: pg.Client) => this.#run<Row>(client, statement, values, this.#tenancy(tenantId), false);
    // A pooler may give the connection away after each answer.
    const isShared = statement.brief && !this.#side.pooler;
    return retrying(
      () => (isShared ? this.#connections.withShared(send) : this.#connections.withOne(send)),
      (error) => isTransient(error) || (statement.retryOn?.includes(constraintOf(error) ?? '') ?? false),
    );
  }

  #transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    tenantId: string | undefined,
    kind: TransactionKind = 'ordinary',
  ): Promise<T> {
    this.#scope.assertOutside('a transaction inside a transaction');
    return retrying(() => this.#attempt(work, this.#tenancy(tenantId), BEGIN[kind]), transience());
  }

  #tenancy(tenantId: string | undefined): Tenancy | undefined {
    return tenantId === undefined ? undefined : { tenantId, policies: this.#policies };
  }

  async #run<Row extends object>(
    client: pg.Client,
    statement: Statement,
    values: readonly unknown[],
    tenancy: Tenancy | undefined,
    inTransaction: boolean,
  ): Promise<Row[]> {
    const { name, text, asOwner } = statement;
    if (this.#side.connection.logSql) this.#log.info({ sql: text, name, parameters: values.length }, 'sql');
    const send = (as: string, around?: Around) => sendAround<Row>(client, this.#sent(as, text, values), around);
    if (!tenancy?.policies) return send(name);
    const { tenantId, policies } = tenancy;
    const tenant = [tenantId, policies.role] as const;
    // A plan is of one role: under the name it has for the owner it would be made anew with every change of roles.
    if (!asOwner) return send(`rls.${name}`, inTransaction ? {} : { before: tenant });
    return send(name, inTransaction ? { before: [tenantId, policies.loginRole], after: tenant } : {});
  }

  /** By name, so that a connection plans it once; where names do not last, without one, and still so that bindings can go with it. */
  #sent(name: string, text: string, values: readonly unknown[]) {
    return { name: this.#side.pooler?.prepares === false ? undefined : name, text, values };
  }

  /** One run of a transaction. A connection lost while committing is followed by a look at what became of it. */
  async #attempt<T>(
    work: (transaction: Transaction) => Promise<T>,
    tenancy: Tenancy | undefined,
    begin: Readonly<{ name: string; text: string }>,
  ): Promise<T> {
    let committing: { result: T; transactionId: string | null } | undefined;
    try {
      return await this.#connections.withOne(async (client) => {
        const transaction = openTransaction(this.sequelize, client);
        if (tenancy) this.#tenancies.set(transaction, tenancy);
        // The first statement is sent after it without waiting; when it failed, so does what follows.
        const begun = this.#begin(client, tenancy, begin);
        begun.catch(() => undefined);
        try {
          // What poolers make of statements that are sent ahead was not tried.
          if (this.#side.pooler) await begun;
          const result = await this.#scope.run(() => work(transaction));
          await begun;
          committing = {
            result,
            transactionId: await noteTransactionId(client, {
              serverMajor: this.#side.serverMajor,
              prepared: this.#side.pooler?.prepares !== false,
              elsewhere: this.#capabilities.sharded,
            }),
          };
          await client.query('commit');
          finish(transaction, 'commit');
          return result;
        } catch (error) {
          finish(transaction, 'rollback');
          const cause = await begun.then(
            () => error,
            (failure: unknown) => failure,
          );
          if (!isConnectionLost(cause)) await client.query('rollback').catch(() => destroySocket(client));
          throw cause;
        }
      });
    } catch (error) {
      if (!committing || !isConnectionLost(error)) throw error;
      const { result, transactionId } = committing;
      if (transactionId === null || (await this.#outcomeOf(transactionId)) === 'committed') return result;
      throw error;
    }
  }

  async #begin(client: pg.Client, tenancy: Tenancy | undefined, { name, text }: Readonly<{ name: string; text: string }>): Promise<void> {
    if (!tenancy?.policies) await client.query(text);
    else await sendAround(client, this.#sent(name, text, []), { after: [tenancy.tenantId, tenancy.policies.role] });
  }

  #outcomeOf(transactionId: string): Promise<'committed' | 'aborted'> {
    const isTransient = transience();
    return retrying(
      () => this.#connections.withOne((client) => commitOutcome(client, transactionId)),
      (error) => isTransient(error) || error instanceof CommitStillRunning,
    );
  }

  /** Model queries get the same care as `query`: refused outside of the transaction they run in, and repeated when that is safe. */
  #guardSequelize(): void {
    const { sequelize } = this;
    const send = sequelize.query.bind(sequelize) as (sql: SqlText, options?: SequelizeOptions) => Promise<unknown>;
    const query = (sql: SqlText, options?: SequelizeOptions): Promise<unknown> => {
      if (options?.transaction) return send(sql, options);
      const text = typeof sql === 'string' ? sql : sql.query;
      this.#scope.assertOutside(text.slice(0, 200));
      const repeatable = options?.type === QueryTypes.SELECT && PLAIN_READ.test(text);
      return retrying(
        () => send(sql, options),
        (error) => isContention(error) || wasNotSent(error) || (repeatable && isConnectionLost(error)),
      );
    };
    Object.assign(sequelize, { query });
  }
}

type SqlText = string | { query: string; values?: unknown[]; bind?: unknown[] };
type SequelizeOptions = { transaction?: Transaction | null; type?: string };

const BEGIN: Readonly<Record<TransactionKind, { name: string; text: string }>> = {
  ordinary: { name: 'begin', text: 'begin' },
  snapshot: { name: 'begin_snapshot', text: 'begin isolation level repeatable read, read only' },
};

const INSTALLED_EXTENSIONS: Statement = {
  name: 'installed_extensions',
  text: `select exists (select from pg_extension where extname = 'vector') as vector, exists (select from pg_extension where extname = 'pg_trgm') as trigram,
  exists (select from pg_extension where extname = 'citus') as citus`,
};
