import pg from 'pg';
import type { Transaction } from 'sequelize';
import type { Database } from './database.js';
import type { RowSecurityMode } from './row-security-modes.js';
import { createTenantRole, inspectRowSecurity, type RowSecurityFacts, secureTables } from './row-security-sql.js';

/** Whether the database itself keeps tenants apart and, if not, why and what to do about it. */
export type RowSecurityState = Readonly<{
  on: boolean;
  role: string;
  /** What the login's own role is set to outside of a tenant's hands: `none`, unless the server was told otherwise. */
  loginRole: string;
  problem: string | null;
  hint: string | null;
  /** Nothing may be served without: it is demanded, or the login sees an empty database. */
  required: boolean;
  /** Something can be tried to have it. */
  wanted: boolean;
  /** Tables that a policy is missing on. */
  unsecured: readonly string[];
  /** The role is there, this login may take it on, and the tables are its own to change. */
  securable: boolean;
}>;

/** The policies of one server: what there is of them, and what is to be. */
export class RowSecurity {
  readonly #mode: RowSecurityMode;
  readonly #role: string;
  readonly #serverMajor: number;

  constructor(mode: RowSecurityMode, role: string, serverMajor: number) {
    this.#mode = mode;
    this.#role = role;
    this.#serverMajor = serverMajor;
  }

  async inspect(db: Database, transaction?: Transaction): Promise<RowSecurityState> {
    const statement = { name: 'inspect_row_security', text: inspectRowSecurity(this.#serverMajor) };
    const [facts] = await db.query<RowSecurityFacts>(statement, [this.#role], transaction);
    return stateOf(facts!, this.#mode, this.#role);
  }

  /** Makes the role if it must, and puts the tables that lack policies under them, as far as the login may. */
  async establish(db: Database, transaction: Transaction): Promise<void> {
    if (!(await this.inspect(db, transaction)).wanted) return;
    const run = (sql: string): Promise<unknown> => db.sequelize.query(sql, { transaction });
    await run(createTenantRole(this.#role, this.#serverMajor));
    const { securable, unsecured } = await this.inspect(db, transaction);
    if (securable) await run(secureTables(this.#role, unsecured));
  }
}

function stateOf(facts: RowSecurityFacts, mode: RowSecurityMode, role: string): RowSecurityState {
  const blind = facts.forced && !facts.owns && !facts.exempt;
  const [problem, hint] = problemOf(facts, mode, role, blind) ?? [null, null];
  const securable = mode !== 'off' && !facts.citus && facts.settable && !facts.mighty && facts.owns;
  const wanted = problem !== null && mode !== 'off' && !facts.citus;
  const required = blind || mode === 'require';
  return { on: problem === null, role, loginRole: facts.loginRole, problem, hint, required, wanted, unsecured: facts.unsecured, securable };
}

function problemOf(facts: RowSecurityFacts, mode: RowSecurityMode, role: string, blind: boolean): [string, string] | null {
  const { login, unsecured, opened, unreachable } = facts;
  const names = { role: pg.escapeIdentifier(role), login: pg.escapeIdentifier(login) };
  if (blind)
    return [
      `The tables have row-level security, and the login "${login}" is not their owner: it would see nothing.`,
      'Connect as the role that owns the tables, or make the login a member of it.',
    ];
  if (mode === 'off') return ['It is switched off.', 'Set RECOLLECT_ROW_SECURITY to auto.'];
  if (facts.citus) return ['Citus does not pass the tenant on to its workers.', 'Set RECOLLECT_ROW_SECURITY to off.'];
  if (!facts.exists)
    return [
      `There is no role "${role}", and the login "${login}" may not make it.`,
      `Let an administrator run: create role ${names.role} nologin noinherit; grant ${names.role} to ${names.login};`,
    ];
  if (!facts.settable)
    return [`The login "${login}" may not take on the role "${role}".`, `Let an administrator run: grant ${names.role} to ${names.login};`];
  if (facts.mighty)
    return [
      `No policy holds the role "${role}" back: it is a superuser, exempt, or a member of the owner of the tables.`,
      `Take that from it, or name another role with RECOLLECT_ROW_SECURITY_ROLE.`,
    ];
  if (unsecured.length > 0) return [`No policies yet on ${unsecured.join(', ')}.`, 'Run recollect migrate up as the owner of the tables.'];
  if (opened.length > 0) return [`Policies that are not ours let rows through of ${opened.join(', ')}.`, 'Drop them.'];
  if (unreachable.length > 0)
    return [
      `The role "${role}" may not use the schema ${unreachable.join(', ')}.`,
      `Let its owner run: grant usage on schema ${unreachable.join(', ')} to ${names.role};`,
    ];
  return null;
}
