import type { Database } from '../../db/database.js';
import { sameHash } from '../../secret.js';
import type { ApiTokenRole } from '../accounts/api-tokens.js';
import { findApiTokens, noteApiTokenUse } from '../sql/api-tokens.js';

export type KnownApiToken = {
  tenantId: string;
  id: string;
  role: ApiTokenRole;
  scopes: string[];
  tokenHash: string;
  user: string | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  /** The account of the person it acts for is disabled. */
  disabled: boolean;
};

/** Bearer keys of all tenants: a key arrives before anybody knows whose it is. */
export class ApiTokenDirectory {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Looks across tenants because the key is what tells the tenant. Whether it is still good is for the caller to see. */
  async find(prefix: string, tokenHash: string): Promise<KnownApiToken | undefined> {
    const rows = await this.#db.query<KnownApiToken>(findApiTokens, [prefix]);
    return rows.find((row) => sameHash(row.tokenHash, tokenHash));
  }

  /** Of one tenant; here, because whoever presents a key has no store yet. */
  async noteUse(tenantId: string, id: string, at: Date): Promise<void> {
    await this.#db.query(noteApiTokenUse, [tenantId, id, at]);
  }
}
