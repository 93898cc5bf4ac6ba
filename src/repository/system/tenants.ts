import type { Transaction } from 'sequelize';
import type { Database } from '../../db/database.js';
import { AppError, invalidInput } from '../../errors.js';
import type { Models } from '../../models/index.js';
import type { Tenant } from '../../models/tenant.js';
import type { JsonObject } from '../records.js';
import { findTextSearchConfig, hasIndexedText, listTenants } from '../sql/tenants.js';
import { changeTenantSettings, type SettingsChange } from '../tenant-settings.js';

export type TenantRecord = {
  id: string;
  name: string;
  textSearchConfig: string;
  settings: JsonObject;
  createdAt: Date;
  users: number;
  conversations: number;
  messages: number;
  /** Conversations under legal hold. */
  held: number;
};

export type TenantChange = SettingsChange & { name?: string | undefined; textSearchConfig?: string | undefined };

const ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** The list of tenants. It looks across them because making, naming and listing tenants is not the business of any one of them. */
export class TenantDirectory {
  readonly #db: Database;
  readonly #models: Models;
  readonly #clock: () => Date;

  constructor(db: Database, models: Models, clock: () => Date) {
    this.#db = db;
    this.#models = models;
    this.#clock = clock;
  }

  /** All of them: whoever administers the server sees who is on it. */
  list(): Promise<TenantRecord[]> {
    return this.#db.query<TenantRecord>(listTenants, [null]);
  }

  /** One, named by whoever administers the server. */
  async get(id: string): Promise<TenantRecord> {
    const [tenant] = await this.#db.query<TenantRecord>(listTenants, [id]);
    if (!tenant) throw noTenant(id);
    return tenant;
  }

  /** A new one; there is no store of a tenant that is not there yet. */
  async create({
    id,
    name,
    textSearchConfig,
  }: {
    id: string;
    name?: string | undefined;
    textSearchConfig?: string | undefined;
  }): Promise<TenantRecord> {
    if (!ID.test(id))
      throw invalidInput(
        `${JSON.stringify(id.slice(0, 100))} cannot name a tenant.`,
        'An id has 1 to 63 lower-case letters, digits, "-" and "_" and begins with a letter or digit.',
      );
    if (textSearchConfig !== undefined) await this.#assertTextSearchConfig(textSearchConfig);
    const [, created] = await this.#models.Tenant.findOrCreate({
      where: { id },
      defaults: { id, name: name ?? id, ...(textSearchConfig !== undefined && { textSearchConfig }), createdAt: this.#clock() },
    });
    if (!created) throw new AppError('conflict', `There is a tenant ${id} already.`, { hint: `recollect tenant settings ${id} shows it.` });
    return this.get(id);
  }

  /** What an administrator of the server changes about a tenant. */
  async change(id: string, { name, textSearchConfig, ...settings }: TenantChange): Promise<TenantRecord> {
    if (textSearchConfig !== undefined) await this.#assertTextSearchConfig(textSearchConfig);
    await this.#db.transaction(async (transaction) => {
      const row = await this.#locked(id, transaction);
      if (textSearchConfig !== undefined && textSearchConfig !== row.textSearchConfig) await this.#assertNothingIndexed(id, transaction);
      await row.update(
        {
          settings: changeTenantSettings(row.settings, settings),
          ...(name !== undefined && { name }),
          ...(textSearchConfig !== undefined && { textSearchConfig }),
        },
        { transaction },
      );
    });
    return this.get(id);
  }

  async #locked(id: string, transaction: Transaction): Promise<Tenant> {
    const row = await this.#models.Tenant.findByPk(id, { transaction, lock: transaction.LOCK.UPDATE });
    if (!row) throw noTenant(id);
    return row;
  }

  async #assertTextSearchConfig(name: string): Promise<void> {
    const [found] = await this.#db.query<{ known: boolean; names: string }>(findTextSearchConfig, [name]);
    if (!found?.known)
      throw invalidInput(`This database has no text search configuration ${JSON.stringify(name)}.`, `There are: ${found?.names}.`);
  }

  async #assertNothingIndexed(id: string, transaction: Transaction): Promise<void> {
    const [row] = await this.#db.query<{ indexed: boolean }>(hasIndexedText, [id], transaction);
    if (!row?.indexed) return;
    throw new AppError('conflict', `Tenant ${id} has texts that are indexed by its present text_search_config. Nothing was changed.`, {
      hint: 'Make a new tenant with the configuration you want, and bring the data over with recollect export and recollect import.',
    });
  }
}

const noTenant = (id: string): AppError =>
  new AppError('not_found', `There is no tenant ${JSON.stringify(id.slice(0, 100))}.`, {
    hint: 'recollect tenant list shows who is there.',
  });
