import type { Database } from '../../db/database.js';
import { withSnapshot } from '../../db/snapshot.js';
import { KINDS, SHARED } from '../portable/portable-kinds.js';
import { PortableReader, type PortableRow, portableColumns } from '../portable/portable-reader.js';
import { PortableWriter } from '../portable/portable-writer.js';
import { addTenant, findFilledTenants, readShared, removeOauthClients, writeShared } from '../sql/backup.js';
import { listTenantIds } from '../sql/tenants.js';
import { TenantRemoval } from './tenant-removal.js';

/** The whole database, out and in. It looks across tenants because that is what a backup is of: whoever runs it has the server. */
export class BackupRepository {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs `work` on one state of the database: all rows, each tenant's after a line that names it. Others go on writing. */
  reading<T>(work: (rows: AsyncGenerator<PortableRow>, columns: Map<string, string[]>) => Promise<T>): Promise<T> {
    return withSnapshot(this.#db, async ({ db, transaction }) => {
      const columns = await portableColumns(db, transaction, [...SHARED, ...KINDS]);
      async function* all(): AsyncGenerator<PortableRow> {
        for (const kind of SHARED)
          for (const { row } of await db.query<{ row: string }>(readShared(kind), [], transaction)) yield { type: kind.type, row };
        for (const { id } of await db.query<{ id: string }>(listTenantIds, [], transaction)) {
          yield { type: 'in_tenant', row: JSON.stringify({ id }) };
          yield* new PortableReader(db, id, columns, transaction).read({ accounts: true, grants: true });
        }
      }
      return work(all(), columns);
    });
  }

  columns(): Promise<Map<string, string[]>> {
    return portableColumns(this.#db, undefined, [...SHARED, ...KINDS]);
  }

  /** Tenants that have anything in them. */
  async filled(): Promise<string[]> {
    return (await this.#db.query<{ id: string }>(findFilledTenants, [])).map(({ id }) => id);
  }

  /** Removes every tenant, and what belongs to none. */
  async clear(progress?: (table: string, rows: number) => void): Promise<void> {
    const removal = new TenantRemoval(this.#db);
    for (const { id } of await this.#db.query<{ id: string }>(listTenantIds, []))
      await removal.remove(id, { ignoreHolds: true, ...(progress && { progress }) });
    await this.#db.query(removeOauthClients, []);
  }

  /** Rows that belong to no tenant. */
  async writeShared(type: string, rows: readonly string[], columns: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const kind = SHARED.find((each) => each.type === type);
    if (kind && rows.length > 0) await this.#db.query(writeShared(kind, columns.get(type) ?? []), [`[${rows.join(',')}]`]);
  }

  /** Takes rows of one tenant, which is made where it is not there. */
  async tenant(id: string, columns: ReadonlyMap<string, readonly string[]>): Promise<PortableWriter> {
    await this.#db.query(addTenant, [id]);
    return new PortableWriter(this.#db, id, columns);
  }
}
