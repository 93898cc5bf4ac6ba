import { z } from 'zod';
import { decodeCursor } from '../cursor.js';
import { type Page, type PageQuery, pageOf, readToEnd } from '../page.js';
import { listOauthSignIns } from '../sql/oauth-sign-ins.js';
import { AdministrativeRepository } from './administration.js';
import { OauthGrantRepository, type OauthGrantRole } from './oauth-grants.js';

/** What somebody let a program do, from their signing in until it ends. */
export type OauthSignInRecord = {
  id: string;
  credentialId: string;
  username: string;
  /** External id of the person who signed in. */
  user: string;
  clientId: string;
  clientName: string | null;
  role: OauthGrantRole;
  scopes: string[];
  resource: string;
  signedInAt: Date;
  /** When the client last came for new tokens. */
  renewedAt: Date;
  /** Until when it has to come again. */
  expiresAt: Date;
};

/** By row id of the account and of the client, and by id of the sign-in. */
export type OauthSignInFilter = { credentialId?: string | undefined; clientRowId?: string | undefined; id?: string | undefined };

const place = z.guid();

/** The programs that people of the tenant are signed in with. */
export class OauthSignInRepository extends AdministrativeRepository {
  /** Those in force, newest first. */
  async list(filter: OauthSignInFilter, page: PageQuery): Promise<Page<OauthSignInRecord>> {
    this.assertAdministrator();
    const { credentialId = null, clientRowId = null, id = null } = filter;
    const from = page.cursor === undefined ? null : decodeCursor('oauth_sign_ins', filter, page.cursor, place);
    const values = [this.tenantId, this.context.clock(), credentialId, clientRowId, id, from, page.limit + 1];
    const rows = await this.context.db.query<OauthSignInRecord>(listOauthSignIns, values, this.context.transaction);
    return pageOf(rows, page.limit, 'oauth_sign_ins', filter, ({ id }) => id);
  }

  async all(filter: OauthSignInFilter): Promise<OauthSignInRecord[]> {
    return readToEnd((page) => this.list(filter, page));
  }

  /** Ends them and answers what they were. */
  async end(filter: OauthSignInFilter): Promise<OauthSignInRecord[]> {
    const ended = await this.all(filter);
    const grants = new OauthGrantRepository(this.context);
    for (const { id } of ended) await grants.revokeFamily(id);
    return ended;
  }
}
