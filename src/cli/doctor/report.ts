import type { EngineFacts } from '../../db/database.js';
import type { RowSecurityState } from '../../db/row-security.js';

export type Counters = Readonly<{ conversations: number; wrong: number }>;
/** Figures of the statistics of words that were compared with a count, those that are wrong, and tenants that were put right. */
export type Statistics = Readonly<{
  tenants: number;
  terms: number;
  waiting: number;
  wrong: readonly string[];
  rebuilt: readonly string[];
}>;
/** Attachments, those that hang on no message, and messages that do not have as many as they say. */
export type Attachments = Readonly<{ assets: number; orphans: number; miscounted: number }>;
/** Vectors of messages that are not there, tasks that point to one, and whether they were put right, attachments too. */
export type Orphans = Readonly<{ vectors: number; tasks: number; fixed: boolean }>;
export type Locks = Readonly<{ waiting: number; oldestTransactionSeconds: number }>;
/** The servers of Citus that hold shards, and the tables of tenants that are not spread over them though others are. */
type Shards = Readonly<{ citus: string; workers: number; placed: number; left: readonly string[] }>;
export type SelfCheck = Readonly<{ handshakeMs: number; tools: readonly string[] }>;
export type Schema = Readonly<{ applied: readonly string[]; pending: readonly string[]; unknown: readonly string[] }>;

/** What doctor found out; a part that could not be examined is absent and named among the problems. */
export type Report = {
  ok: boolean;
  program: { version: string; node: string; platform: string };
  settings: Record<string, string | number | boolean | null>;
  engine?: EngineFacts & { openMs: number };
  schema?: Schema;
  /** Absent on an engine that has no use for it. */
  rowSecurity?: Pick<RowSecurityState, 'on' | 'role' | 'problem' | 'hint'>;
  /** Absent without Citus. */
  shards?: Shards;
  tables?: Record<string, number>;
  counters?: Counters;
  orphans?: Orphans;
  statistics?: Statistics;
  attachments?: Attachments;
  locks?: Locks;
  mcp?: SelfCheck;
  /** What somebody should do something about. */
  problems: string[];
};
