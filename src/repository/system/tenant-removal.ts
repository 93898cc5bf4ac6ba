import type { Database } from '../../db/database.js';
import { AppError } from '../../errors.js';
import {
  countRowsOf,
  findTenantTables,
  heldConversations,
  removeRowsOf,
  removeTenant,
  type TenantTable,
  unlinkMemories,
} from '../sql/remove-tenant.js';

/** Rows in one transaction: few enough that nobody waits long for one of them. */
const BATCH = 1_000;
const HELD_SHOWN = 20;

/** What lets somebody in goes first, so that nobody writes to what is being removed. */
const DOORS = ['api_tokens', 'oauth_grants', 'password_reset_tokens', 'user_login_attempts', 'user_credentials'];

export type TenantRows = Record<string, number>;

/**
 * Removes a whole tenant, a batch at a time; stopped at any point, it goes on when it is run again. It looks at tables by the
 * catalog and not by a list, so that no table is forgotten, and does it as nobody in particular: whoever belongs to the tenant
 * goes with it.
 */
export class TenantRemoval {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** How many rows each table has of the tenant, those with none left out. */
  async count(tenantId: string): Promise<TenantRows> {
    const counts: TenantRows = {};
    for (const table of await this.#tables()) await this.#add(counts, table.table, this.#one(countRowsOf(table), [tenantId]));
    return counts;
  }

  /** Removes everything and tells how many rows of each table went. `progress` hears of every batch. */
  async remove(
    tenantId: string,
    { ignoreHolds, progress }: { ignoreHolds: boolean; progress?: (table: string, rows: number) => unknown },
  ): Promise<TenantRows> {
    const removed: TenantRows = {};
    await this.#assertFree(tenantId, ignoreHolds, removed);
    const batches = async (table: string, statement: Parameters<Database['query']>[0], counted: boolean): Promise<void> => {
      for (let rows = BATCH; rows === BATCH; ) {
        rows = await this.#one(statement, [tenantId, ignoreHolds, BATCH]);
        if (rows === 0 || !counted) continue;
        removed[table] = (removed[table] ?? 0) + rows;
        await progress?.(table, removed[table]);
      }
    };
    for (const table of await this.#tables()) {
      if (table.table === 'episodic_memories') await batches(table.table, unlinkMemories, false);
      await batches(table.table, removeRowsOf(table), true);
    }
    const gone = await this.#one(removeTenant, [tenantId, ignoreHolds]);
    await this.#assertFree(tenantId, ignoreHolds, removed);
    return { ...removed, tenants: gone };
  }

  async #assertFree(tenantId: string, ignoreHolds: boolean, removed: TenantRows): Promise<void> {
    const held = ignoreHolds ? [] : await this.#db.query<{ id: string }>(heldConversations, [tenantId, HELD_SHOWN + 1]);
    if (held.length === 0) return;
    const ids = held.slice(0, HELD_SHOWN).map(({ id }) => id);
    const rows = Object.values(removed).reduce((sum, count) => sum + count, 0);
    throw new AppError(
      'conflict',
      `Tenant ${tenantId} has conversations under legal hold: ${ids.join(', ')}${held.length > HELD_SHOWN ? ' and more' : ''}. ` +
        `${rows === 0 ? 'Nothing was removed.' : `${rows} rows had been removed when a hold was placed.`}`,
      { hint: 'Lift the holds first (update_conversation, legal_hold: false), or say --ignore-legal-hold.' },
    );
  }

  /** Those that point to others before those they point to. */
  async #tables(): Promise<TenantTable[]> {
    const waiting = new Map((await this.#db.query<TenantTable>(findTenantTables, [])).map((table) => [table.table, table]));
    const ordered: TenantTable[] = [];
    while (waiting.size > 0) {
      const needed = new Set([...waiting.values()].flatMap(({ parents }) => parents));
      const free = [...waiting.values()].filter(({ table }) => !needed.has(table));
      if (free.length === 0) throw new Error(`Tables point to each other in a circle: ${[...waiting.keys()].join(', ')}.`);
      const next = free.find(({ table }) => DOORS.includes(table)) ?? free[0]!;
      ordered.push(next);
      waiting.delete(next.table);
    }
    return ordered;
  }

  async #one(statement: Parameters<Database['query']>[0], values: unknown[]): Promise<number> {
    const [row] = await this.#db.query<{ count: number }>(statement, values);
    return row?.count ?? 0;
  }

  async #add(counts: TenantRows, table: string, counting: Promise<number>): Promise<void> {
    const count = await counting;
    if (count > 0) counts[table] = count;
  }
}
