import { z } from 'zod';
import { constraintOf } from '../../db/pg-errors.js';
import { AppError, notFound } from '../../errors.js';
import { newId } from '../../ids.js';
import type { Context } from '../context.js';
import { decodeCursor } from '../cursor.js';
import { type Page, type PageQuery, pageOf } from '../page.js';
import { containing } from '../pattern.js';
import { findAccount, listAccounts } from '../sql/accounts.js';
import { clearLockouts } from '../sql/sign-in.js';
import { UserRepository } from '../users.js';
import { type AccountRecord, type AccountRole, emailFrom, usernameFrom } from './account-records.js';
import { ActiveUserRepository } from './active-user.js';
import { AdministrativeRepository } from './administration.js';
import { OauthGrantRepository } from './oauth-grants.js';

export type NewAccount = {
  username: string;
  email?: string | undefined;
  passwordHash: string;
  role?: AccountRole | undefined;
  /** External id of the person whose account it is; made when it is not known. Without it, the user name. */
  user?: string | undefined;
  displayName?: string | undefined;
};

export type AccountFilter = { query?: string | undefined; role?: AccountRole | undefined };
export type AccountWithHash = AccountRecord & { passwordHash: string };

const place = z.string().min(1);

/** Local accounts. Hashes of passwords leave it for the one purpose of comparing them. */
export class AccountRepository extends AdministrativeRepository {
  async create(account: NewAccount): Promise<AccountRecord> {
    this.assertAdministrator();
    const username = usernameFrom(account.username);
    const email = account.email === undefined ? null : emailFrom(account.email);
    const { passwordHash, role = 'user', user = username, displayName } = account;
    try {
      return await this.atomically(async (context) => {
        const person = await new UserRepository(context).upsert(user, displayName === undefined ? {} : { displayName });
        await context.models.UserCredential.create(
          {
            ...this.ofTenant({ id: newId(), userId: person.user.id, username, email, passwordHash, roles: [role] }),
            ...{ lockedUntil: null, lastLoginAt: null, disabledAt: null, passwordChangedAt: context.clock() },
          },
          { transaction: context.transaction ?? null },
        );
        return withoutHash(await new AccountRepository(context).find(username));
      });
    } catch (error) {
      throw taken(error, { username, email, user }) ?? error;
    }
  }

  /** By user name, e-mail address or id. */
  async get(named: string): Promise<AccountRecord> {
    this.assertAdministrator();
    return withoutHash(await this.find(named));
  }

  /** What signing in compares with; undefined when nobody has this name. */
  async lookUp(named: string): Promise<AccountWithHash | undefined> {
    this.assertAdministrator();
    const values = [this.tenantId, named, z.guid().safeParse(named).success ? named : null];
    const [row] = await this.context.db.query<AccountWithHash>(findAccount, values, this.context.transaction);
    return row;
  }

  /** In the order of user names. */
  async list(filter: AccountFilter, page: PageQuery): Promise<Page<AccountRecord>> {
    this.assertAdministrator();
    const from = page.cursor === undefined ? null : decodeCursor('accounts', filter, page.cursor, place);
    const values = [this.tenantId, from, containing(filter.query), filter.role ?? null, page.limit + 1];
    const rows = await this.context.db.query<AccountRecord & { place: string }>(listAccounts, values, this.context.transaction);
    const listed = pageOf(rows, page.limit, 'accounts', filter, ({ place }) => place);
    return { ...listed, items: listed.items.map(({ place: _, ...account }) => account) };
  }

  /** Sets another hash; with `instead`, only while that one is still the account's. Tells whether it did. */
  async setPasswordHash(id: string, passwordHash: string, change: { instead: string } | { changedAt: Date }): Promise<boolean> {
    this.assertAdministrator();
    const { UserCredential } = this.context.models;
    const [values, where] =
      'instead' in change
        ? [{ passwordHash }, { id, passwordHash: change.instead }]
        : [{ passwordHash, passwordChangedAt: change.changedAt }, { id }];
    const [changed] = await UserCredential.update(values, { where: this.ofTenant(where), ...this.tx });
    return changed > 0;
  }

  /** A disabled account cannot be signed in to, and what was granted by it ends. */
  async setDisabled(named: string, disabled: boolean): Promise<AccountRecord> {
    return this.change(named, async (account, context) => {
      if ((account.disabledAt !== null) === disabled) return;
      const disabledAt = disabled ? context.clock() : null;
      await context.models.UserCredential.update({ disabledAt }, this.rowOf(account, context));
      if (disabled) await new OauthGrantRepository(context).revokeUser(account.userId);
    });
  }

  /** Signing in is possible again at once, under each of its names. */
  async unlock(named: string): Promise<AccountRecord> {
    return this.change(named, (account, context) => this.clearLocks(account, context));
  }

  /** Ends what signing in to the account has led to. */
  async revokeGrants(named: string): Promise<AccountRecord> {
    return this.change(named, async ({ userId }, context) => {
      await new OauthGrantRepository(context).revokeUser(userId);
    });
  }

  /** Removes the account and every way in that the person had by it. What is remembered of the person stays. */
  async remove(named: string): Promise<AccountRecord> {
    this.assertAdministrator();
    return this.atomically(async (context) => {
      const accounts = new AccountRepository(context);
      const account = await accounts.get(named);
      const { models, transaction = null } = context;
      const of = (where: object) => ({ where: this.ofTenant(where), transaction });
      await models.ApiToken.update({ revokedAt: context.clock() }, of({ userId: account.userId, revokedAt: null }));
      await models.OauthGrant.destroy(of({ userId: account.userId }));
      await models.UserLoginAttempt.update({ credentialId: null }, of({ credentialId: account.id }));
      await this.clearLocks(account, context);
      await new ActiveUserRepository(context).clear(account.user);
      await models.UserCredential.destroy(of({ id: account.id }));
      return account;
    });
  }

  private async change(named: string, work: (account: AccountRecord, context: Context) => Promise<void>): Promise<AccountRecord> {
    this.assertAdministrator();
    return this.atomically(async (context) => {
      const accounts = new AccountRepository(context);
      const account = await accounts.get(named);
      await work(account, context);
      return accounts.get(account.id);
    });
  }

  private async clearLocks(account: AccountRecord, context: Context): Promise<void> {
    const { username, email } = account;
    await context.models.UserCredential.update({ failedAttempts: 0, lockedUntil: null }, this.rowOf(account, context));
    await context.db.query(clearLockouts, [this.tenantId, [username, email]], context.transaction);
  }

  private rowOf({ id }: AccountRecord, context: Context) {
    return { where: this.ofTenant({ id }), transaction: context.transaction ?? null };
  }

  private async find(named: string): Promise<AccountWithHash> {
    const found = await this.lookUp(named);
    if (!found) throw notFound('account', JSON.stringify(named), 'recollect user list, or list_accounts, shows the accounts there are.');
    return found;
  }
}

const withoutHash = ({ passwordHash: _, ...account }: AccountWithHash): AccountRecord => account;

function taken(error: unknown, { username, email, user }: { username: string; email: string | null; user: string }): AppError | undefined {
  const what: Readonly<Record<string, string>> = {
    user_credentials_username_key: `the name ${username}`,
    user_credentials_email_key: `the e-mail address ${email}`,
    user_credentials_user_id_key: `the person ${user}`,
  };
  const found = what[constraintOf(error) ?? ''];
  return found === undefined
    ? undefined
    : new AppError('conflict', `There already is an account with ${found}.`, {
        hint: 'recollect user list shows who is there.',
        cause: error,
      });
}
