import { z } from 'zod';
import type { Database } from '../../db/database.js';
import { AppError, notFound } from '../../errors.js';
import { decodeCursor } from '../cursor.js';
import { type Page, type PageQuery, pageOf } from '../page.js';
import {
  countGrantsOfClient,
  countSignInsOfClients,
  endGrantsOfClient,
  listOauthClients,
  removeGrantsOfClient,
  removeOauthClient,
  setOauthClientDisabled,
} from '../sql/oauth-clients.js';
import type { NewOauthClient } from './oauth-client-directory.js';

type ClientRow = Omit<NewOauthClient, 'secretHash' | 'metadata'> & {
  id: string;
  lastUsedAt: Date | null;
  disabledAt: Date | null;
  createdAt: Date;
};

export type RegisteredClient = ClientRow & {
  /** How many sign-ins are in force, by tenant. */
  signIns: Record<string, number>;
};

type PerTenant = { tenantId: string; count: number };

const place = z.strictObject({ at: z.iso.datetime(), id: z.guid() });
const MOST_NAMED = 50;
/** Rows in one transaction: few enough that nobody waits long for one of them. */
const BATCH = 1_000;

/** The register of OAuth clients as an administrator of the whole server sees it. Looks across tenants because clients are nobody's. */
export class OauthClientRegister {
  readonly #db: Database;
  readonly #clock: () => Date;

  constructor(db: Database, clock: () => Date) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Newest first; `unused` has those too that somebody registered and nobody signed in with. */
  async list({ unused }: { unused: boolean }, page: PageQuery): Promise<Page<RegisteredClient>> {
    const from = page.cursor === undefined ? null : decodeCursor('oauth_clients', { unused }, page.cursor, place);
    const rows = await this.#read([null, from?.at ?? null, from?.id ?? null, unused, page.limit + 1]);
    const listed = pageOf(rows, page.limit, 'oauth_clients', { unused }, ({ createdAt, id }) => ({ at: createdAt.toISOString(), id }));
    return { ...listed, items: await this.#withSignIns(listed.items) };
  }

  /** By client_id, row id or name; a name that several bear names none of them. */
  async get(named: string): Promise<RegisteredClient> {
    const found = named.includes('\0') ? [] : await this.#read([named, null, null, true, MOST_NAMED]);
    const exact = found.find(({ id, externalId }) => externalId === named || id === named.toLowerCase());
    const row = exact ?? found[0];
    if (!row) throw notFound('client', JSON.stringify(named), 'recollect client list --all shows the clients there are.');
    if (!exact && found.length > 1) {
      throw new AppError('conflict', `${found.length} clients are named ${JSON.stringify(named)}.`, {
        hint: `Say which by client_id: ${found.map(({ externalId }) => externalId).join(', ')}.`,
      });
    }
    return (await this.#withSignIns([row]))[0]!;
  }

  /** Nobody comes in with it any more; what it was granted has ended for good, also when it is enabled again. */
  async disable(id: string): Promise<void> {
    // Committed before anything ends, so that nothing new is given while it does.
    await this.#db.query(setOauthClientDisabled, [id, true, this.#clock()]);
    await this.#endGrants(id);
  }

  async enable(id: string): Promise<void> {
    await this.#endGrants(id);
    await this.#db.query(setOauthClientDisabled, [id, false, this.#clock()]);
  }

  /** How many rows of grants each tenant has of it, whether or not they are in force. */
  async countGrants(id: string): Promise<Record<string, number>> {
    return byTenant(await this.#db.query<PerTenant>(countGrantsOfClient, [id]));
  }

  /** Removes it and everything it was granted, a batch at a time; answers how many rows of grants went of each tenant. */
  async remove(id: string): Promise<Record<string, number>> {
    await this.disable(id);
    const removed = await this.countGrants(id);
    for (const tenantId of Object.keys(removed)) {
      removed[tenantId] = 0;
      for (let rows = BATCH; rows === BATCH; ) {
        rows = (await this.#db.query(removeGrantsOfClient, [tenantId, id, BATCH])).length;
        removed[tenantId] += rows;
      }
    }
    await this.#db.query(removeOauthClient, [id]);
    return removed;
  }

  async #endGrants(id: string): Promise<void> {
    // Whoever is spending a grant just now has put others in its place, which an update that waited for that did not see yet.
    while ((await this.#db.query(endGrantsOfClient, [id, this.#clock()])).length > 0);
  }

  #read(values: readonly unknown[]): Promise<ClientRow[]> {
    return this.#db.query<ClientRow>(listOauthClients, values);
  }

  async #withSignIns(clients: ClientRow[]): Promise<RegisteredClient[]> {
    const enabled = clients.filter(({ disabledAt }) => disabledAt === null).map(({ id }) => id);
    const counts = await this.#db.query<PerTenant & { clientId: string }>(countSignInsOfClients, [enabled, this.#clock()]);
    return clients.map((client) => ({ ...client, signIns: byTenant(counts.filter(({ clientId }) => clientId === client.id)) }));
  }
}

const byTenant = (rows: readonly PerTenant[]): Record<string, number> =>
  Object.fromEntries(rows.map(({ tenantId, count }) => [tenantId, count]));
