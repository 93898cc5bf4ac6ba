import type { Database } from '../../db/database.js';
import type { OauthGrantRecord } from '../accounts/oauth-grants.js';
import { findOauthGrant, tenantsWithAccounts } from '../sql/oauth-grants.js';

/** Codes and tokens of all tenants: each arrives before anybody knows whose it is. */
export class OauthGrantDirectory {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Looks across tenants because the token is what tells the tenant. Whether it is still good is for the caller to see. */
  async find(tokenHash: string): Promise<OauthGrantRecord | undefined> {
    const [row] = await this.#db.query<OauthGrantRecord>(findOauthGrant, [tokenHash]);
    return row;
  }

  /** Up to two, across tenants: whoever signs in is asked for a tenant only where there is a choice. */
  async tenantsWithAccounts(): Promise<string[]> {
    return (await this.#db.query<{ id: string }>(tenantsWithAccounts, [])).map(({ id }) => id);
  }
}
