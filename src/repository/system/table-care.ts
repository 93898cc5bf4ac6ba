import type { Database } from '../../db/database.js';
import { findNeedyTables } from '../sql/table-care.js';

/** A table by its quoted name, and whether it wants a vacuum that the server will not give it. */
export type NeedyTable = { table: string; vacuum: boolean };

/** Planner statistics and dead rows of tables. They are everybody's: a table holds the rows of all tenants. */
export class TableCare {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  needy(): Promise<NeedyTable[]> {
    return this.#db.query<NeedyTable>(findNeedyTables, []);
  }

  async analyze(table: string): Promise<void> {
    await this.#db.transaction(async (transaction) => {
      await this.#db.sequelize.query('set local statement_timeout = 0', { transaction });
      await this.#db.sequelize.query(`analyze ${table}`, { transaction });
    });
  }

  /** Within the time that a statement has; what is done by then stays done. */
  async vacuum(table: string): Promise<void> {
    await this.#db.sequelize.query(`vacuum (analyze) ${table}`);
  }
}
