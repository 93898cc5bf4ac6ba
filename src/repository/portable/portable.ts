import { type Snapshot, withSnapshot } from '../../db/snapshot.js';
import { AppError } from '../../errors.js';
import { Repository } from '../context.js';
import { admitRows } from './portable-admission.js';
import { PortableReader, portableColumns } from './portable-reader.js';
import { PortableWriter } from './portable-writer.js';

/** All that a tenant has, as rows that any other database of this program can take. For those who act for the whole tenant. */
export class PortableRepository extends Repository {
  /** Runs `work` on one state of the tenant; others go on writing. */
  async reading<T>(work: (reader: PortableReader, columns: Map<string, string[]>) => Promise<T>): Promise<T> {
    this.assertWhole();
    return withSnapshot(this.context.db, async ({ db, transaction }: Snapshot) => {
      const columns = await portableColumns(db, transaction);
      return work(new PortableReader(db, this.tenantId, columns, transaction), columns);
    });
  }

  /** Takes rows with these columns of each type. */
  writer(columns: ReadonlyMap<string, readonly string[]>): PortableWriter {
    this.assertWhole();
    return new PortableWriter(this.context.db, this.tenantId, columns, (rows) => admitRows(this.context, rows));
  }

  columns(): Promise<Map<string, string[]>> {
    return portableColumns(this.context.db);
  }

  private assertWhole(): void {
    const { user, role } = this.context.principal;
    if (user !== null || role !== 'system') throw new AppError('forbidden', 'Only the system reads or writes a whole tenant.');
  }
}
