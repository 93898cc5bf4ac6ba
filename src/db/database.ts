import type { Sequelize, Transaction } from 'sequelize';
import type { JobLock } from './job-lock.js';
import type { RowSecurityState } from './row-security.js';

/** What the engine can do; code asks for a capability, never for an engine name. */
export type Capabilities = Readonly<{
  /** Two transactions can run side by side; without it one transaction makes everybody wait. */
  concurrentTransactions: boolean;
  /** A connection is a session of the server from its beginning to its end, and not lent by a pooler: what is set on it stays, and it can listen. */
  sessions: boolean;
  /** pgvector is installed in this database. */
  vector: boolean;
  /** pg_trgm is installed in this database. */
  trigram: boolean;
  /** What is sent for a tenant runs under policies that show it nothing else. */
  rowSecurity: boolean;
  /** Citus is in this database: rows of a tenant may be on another server, with transactions and snapshots of its own. */
  sharded: boolean;
}>;

/** A hot-path statement. It is prepared once per connection under its name; parameters are sent, never inlined. */
export type Statement = Readonly<{
  name: string;
  text: string;
  /**
   * Unique constraints whose violation means that another caller won a race: the statement is run again and then sees
   * the winner's row. Every statement with side effects must be safe to run twice with the same values, because after a
   * lost connection nobody knows whether it was committed.
   */
  retryOn?: readonly string[];
  /**
   * Runs as the owner of the tables in a tenant's hands too, with its own conditions on the tenant, who must be its first
   * parameter. For what an index finds by words, spelling, tags or lower(…): those comparisons are not leakproof, and under a policy
   * PostgreSQL reads all of the tenant's rows instead.
   */
  asOwner?: true;
  /** Only reads, and little, by an index: when no connection is free, several of these go to the next one together. */
  brief?: true;
}>;

/** `snapshot` sees one state of the database from its beginning to its end, and only reads. */
export type TransactionKind = 'ordinary' | 'snapshot';

export interface Database {
  readonly sequelize: Sequelize;
  readonly capabilities: Capabilities;
  /** One statement, one round trip. Lost connections, deadlocks and serialization failures are retried. */
  query<Row extends object>(statement: Statement, values: readonly unknown[], transaction?: Transaction): Promise<Row[]>;
  /** Runs `work` in one transaction and again from its start when the connection is lost or the database asks for it; never twice to effect. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, kind?: TransactionKind): Promise<T>;
  /** Calls `handler` with each payload that any process sends to `channel`. A hint that may be lost: readers also poll. */
  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>>;
  /** The same database in one tenant's hands, models too: other tenants' rows are not there, where the engine has policies. */
  forTenant(tenantId: string): Database;
  /** Whether the database itself keeps tenants apart; null for an engine that has no use for it. */
  rowSecurity(): Promise<RowSecurityState | null>;
  /** Puts every table of tenants under its policies, where that is possible and wanted. Inside of the lock on the schema. */
  establishRowSecurity(transaction: Transaction): Promise<void>;
  /** Takes the right to do something alone, among all processes that use this database; null when somebody has it. Use `withJobLock`. */
  tryLock(name: string): Promise<JobLock | null>;
  /** Facts about the engine for people: `recollect doctor` prints them. */
  describe(): Promise<EngineFacts>;
  close(): Promise<void>;
}

export type EngineFacts = Readonly<{
  engine: 'embedded' | 'postgres';
  version: string;
  /** Where the data is: a folder, or a server's address without its password. */
  location: string;
  /** In a shared folder: whether this process runs the engine or uses the one another process runs. */
  role: 'leader' | 'follower' | 'client';
  /** Process ids that use the shared folder now; empty on a server. */
  processes: readonly { pid: number; role: 'leader' | 'follower'; since: string }[];
  extensions: readonly { name: string; version: string }[];
  details: Readonly<Record<string, string | number | boolean | null>>;
}>;
