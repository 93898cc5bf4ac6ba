import type { Database, Statement } from '../../db/database.js';

const CHANNEL = 'recollect_access';
const announceAccess: Statement = { name: 'announce_access', text: `select pg_notify('${CHANNEL}', '')` };

/** The database's side of word about lost access. It says nothing of whose. */
export class AccessSource {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  listen(onWord: () => void): Promise<() => Promise<void>> {
    return this.#db.listen(CHANNEL, onWord);
  }

  async announce(): Promise<void> {
    await this.#db.query(announceAccess, []);
  }
}
