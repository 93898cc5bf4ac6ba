import { Repository } from '../context.js';
import type { JsonObject } from '../records.js';
import { type PersonalKind, readPersonal } from '../sql/personal-data.js';
import { ErasureRepository, type Person } from './erasure.js';

export { PERSONAL_KINDS, type PersonalKind } from '../sql/personal-data.js';

/** Messages may be large, attachments are. */
const ROWS = 100;
const BIG_ROWS = 4;

/** Everything that is held about one person. */
export class PersonalDataRepository extends Repository {
  find(user: string | undefined): Promise<Person> {
    return new ErasureRepository(this.context).find(user);
  }

  /** The rows of one kind, read a page at a time. */
  async *read({ id, externalId, identifiers }: Person, kind: PersonalKind): AsyncGenerator<JsonObject> {
    const limit = kind === 'attachment' ? BIG_ROWS : ROWS;
    for (let after: string | null = null; ; ) {
      const values: unknown[] = [this.tenantId, id, identifiers, `user:${externalId}`, after, limit];
      const rows: { place: string; row: JsonObject }[] = await this.context.db.query(readPersonal(kind), values, this.context.transaction);
      for (const { row } of rows) yield row;
      if (rows.length < limit) return;
      after = rows.at(-1)!.place;
    }
  }
}
