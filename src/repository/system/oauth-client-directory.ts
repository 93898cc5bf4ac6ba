import type { Database } from '../../db/database.js';
import { newId } from '../../ids.js';
import type { JsonObject } from '../../models/json.js';
import type { Scope } from '../../principal.js';
import {
  countUnusedOauthClients,
  findForgottenOauthClients,
  findOauthClient,
  noteOauthClientUse,
  putOauthClient,
  removeForgottenOauthClients,
} from '../sql/oauth-clients.js';

export type NewOauthClient = {
  /** The client_id on the wire. */
  externalId: string;
  name: string | null;
  secretHash: string | null;
  redirectUris: string[];
  grantTypes: string[];
  tokenEndpointAuthMethod: 'none' | 'client_secret_basic' | 'client_secret_post';
  /** What it may ask for; empty when it did not say. */
  scopes: Scope[];
  metadata: JsonObject;
};

export type OauthClientRecord = NewOauthClient & { id: string; disabled: boolean; createdAt: Date };

/** Programs that ask people for access. They register before anybody knows whose data they will ask for, so no tenant owns them. */
export class OauthClientDirectory {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async find(externalId: string): Promise<OauthClientRecord | undefined> {
    const [row] = await this.#db.query<OauthClientRecord>(findOauthClient, [externalId]);
    return row;
  }

  /** Answers the row id. The secret of a client that is there already stays as it is. */
  async put(client: NewOauthClient, now: Date): Promise<string> {
    const { externalId, name, secretHash, redirectUris, grantTypes, tokenEndpointAuthMethod, scopes, metadata } = client;
    const [row] = await this.#db.query<{ id: string }>(putOauthClient, [
      newId(),
      externalId,
      name,
      secretHash,
      redirectUris,
      grantTypes,
      tokenEndpointAuthMethod,
      scopes,
      JSON.stringify(metadata),
      now,
    ]);
    return row!.id;
  }

  /** Here and not with the tenant's grants: the client is nobody's. */
  async noteUse(id: string, now: Date): Promise<void> {
    await this.#db.query(noteOauthClientUse, [id, now]);
  }

  /** Across tenants: what is counted is strangers at the door. */
  async countUnused(): Promise<number> {
    const [row] = await this.#db.query<{ count: number }>(countUnusedOauthClients, []);
    return row?.count ?? 0;
  }

  /** Looks across tenants because a client may go only when nobody anywhere has given it access. Answers how many went. */
  async prune({ unusedBefore, idleBefore }: { unusedBefore: Date; idleBefore: Date }, limit: number): Promise<number> {
    const found = await this.#db.query<{ id: string }>(findForgottenOauthClients, [unusedBefore, idleBefore, limit]);
    if (found.length === 0) return 0;
    const ids = found.map(({ id }) => id);
    return (await this.#db.query(removeForgottenOauthClients, [unusedBefore, idleBefore, ids])).length;
  }
}
