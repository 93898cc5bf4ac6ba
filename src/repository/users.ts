import { z } from 'zod';
import { type AppError, invalidInput, notFound } from '../errors.js';
import { newId } from '../ids.js';
import { Repository } from './context.js';
import { decodeCursor } from './cursor.js';
import { type Page, type PageQuery, pageOf } from './page.js';
import { containing } from './pattern.js';
import type { JsonObject } from './records.js';
import { findUser, listUsers, upsertUser } from './sql/users.js';

export type UserRecord = {
  id: string;
  externalId: string;
  displayName: string | null;
  profile: JsonObject;
  documents: JsonObject;
  metadata: JsonObject;
  username: string | null;
  email: string | null;
  lastSeenAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

export type ProfileChange = {
  displayName?: string | null | undefined;
  /** Objects are merged into what is there; null deletes a key. */
  profile?: JsonObject | undefined;
  documents?: JsonObject | undefined;
  metadata?: JsonObject | undefined;
};

const place = z.string().min(1);

const nullsOf = (patch: JsonObject): string[] => Object.keys(patch).filter((key) => patch[key] === null);

/** People that agents talk to. */
export class UserRepository extends Repository {
  /** By external id, username or e-mail; a principal bound to a user may leave it out. */
  async get(user: string | undefined): Promise<UserRecord> {
    const name = this.named(user);
    const found = await this.find(name);
    if (found) return found;
    this.assertUser(name);
    throw noUser(name);
  }

  /** Makes a user that is not there yet. */
  async upsert(user: string | undefined, change: ProfileChange): Promise<{ user: UserRecord; created: boolean }> {
    const name = this.named(user);
    return this.atomically(async (context) => {
      const users = new UserRepository(context);
      const known = await users.find(name);
      if (!known) this.assertUser(name);
      const { displayName, profile = {}, documents = {}, metadata = {} } = change;
      const [written] = await context.db.query<{ created: boolean; bytes: number }>(
        upsertUser,
        [
          this.tenantId,
          newId(),
          known?.externalId ?? name,
          displayName ?? null,
          displayName !== undefined,
          JSON.stringify(profile),
          JSON.stringify(documents),
          JSON.stringify(metadata),
          context.clock(),
          nullsOf(profile),
          nullsOf(documents),
          nullsOf(metadata),
        ],
        context.transaction,
      );
      const { created, bytes } = written!;
      const { maxMessageBytes } = context.limits;
      if (bytes > maxMessageBytes) {
        throw invalidInput(
          `The profile of this user would have ${bytes} bytes; the limit is ${maxMessageBytes}. Nothing was saved.`,
          'Delete keys that are no longer needed by setting them to null, or keep the bulk elsewhere.',
        );
      }
      return { user: await users.get(known?.externalId ?? name), created };
    });
  }

  /** In the order of external ids. */
  async list(filter: { query?: string | undefined }, page: PageQuery): Promise<Page<UserRecord>> {
    const from = page.cursor === undefined ? null : decodeCursor('users', filter, page.cursor, place);
    const rows = await this.context.db.query<UserRecord>(
      listUsers,
      [this.tenantId, this.userId, containing(filter.query), from, page.limit + 1],
      this.context.transaction,
    );
    return pageOf(rows, page.limit, 'users', filter, ({ externalId }) => externalId);
  }

  private async find(name: string): Promise<UserRecord | undefined> {
    const [row] = await this.context.db.query<UserRecord>(findUser, [this.tenantId, this.userId, name], this.context.transaction);
    return row;
  }

  private named(user: string | undefined): string {
    const name = user ?? this.context.principal.user;
    if (name === null)
      throw invalidInput('Say which `user`: an external id, a username or an e-mail address.', 'list_user_profiles shows who is there.');
    return name;
  }
}

export const noUser = (name: string): AppError => notFound('user', JSON.stringify(name), 'list_user_profiles shows who is there.');
