import { z } from 'zod';
import { newId } from '../../ids.js';
import { decodeCursor } from '../cursor.js';
import { type Page, type PageQuery, pageOf } from '../page.js';
import type { JsonObject } from '../records.js';
import { attemptSucceeded, claimAttempt, listAttempts, noteFailedAttempt, pruneLockouts, readLockout } from '../sql/sign-in.js';
import { identifierFrom } from './account-records.js';
import { AdministrativeRepository } from './administration.js';

export const REFUSAL_REASONS = ['unknown_name', 'wrong_password', 'locked', 'disabled'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export type LoginAttemptRecord = {
  id: string;
  /** As it was typed. */
  identifier: string;
  /** Of the account it was for, if there was one and still is. */
  username: string | null;
  succeeded: boolean;
  reason: RefusalReason | null;
  client: JsonObject;
  attemptedAt: Date;
};

export type AttemptFilter = {
  identifier?: string | undefined;
  succeeded?: boolean | undefined;
  after?: Date | undefined;
  before?: Date | undefined;
};

/** How many failures lock a name out, for how long at first, and for how long at most; each further failure doubles the time. */
export type LockoutRule = Readonly<{ attempts: number; firstSeconds: number; maxSeconds: number }>;

export type Attempt = Readonly<{ identifier: string; credentialId: string | null; client: JsonObject; at: Date }>;

/** `claimed`: it may go on, and `lockedUntil` is what holds if it fails. */
export type Claim = { claimed: boolean; lockedUntil: Date | null };

const place = z.strictObject({ at: z.iso.datetime(), id: z.guid() });

/** What happened at sign-in: the record for people, and the count by which names are locked out. */
export class LoginAttemptRepository extends AdministrativeRepository {
  /** To be called before the password is compared: the attempt counts as failed until it has worked. */
  async claim(identifier: string, at: Date, { attempts, firstSeconds, maxSeconds }: LockoutRule): Promise<Claim> {
    this.assertAdministrator();
    const { db, transaction } = this.context;
    const values = [this.tenantId, identifier, at, attempts, firstSeconds, maxSeconds];
    const [claimed] = await db.query<{ lockedUntil: Date | null }>(claimAttempt, values, transaction);
    if (claimed) return { claimed: true, lockedUntil: claimed.lockedUntil };
    const [locked] = await db.query<{ lockedUntil: Date | null }>(readLockout, [this.tenantId, identifier], transaction);
    return { claimed: false, lockedUntil: locked?.lockedUntil ?? at };
  }

  async noteFailure({ identifier, credentialId, client, at }: Attempt, reason: RefusalReason, lockedUntil: Date | null): Promise<void> {
    this.assertAdministrator();
    const values = [this.tenantId, newId(), identifier, credentialId, false, reason, JSON.stringify(client), at, lockedUntil];
    await this.context.db.query(noteFailedAttempt, values, this.context.transaction);
  }

  /** Tells false when the account was disabled, removed or given another password while the old one was compared. */
  async noteSuccess({ identifier, credentialId, client, at }: Attempt, passwordHash: string): Promise<boolean> {
    this.assertAdministrator();
    const values = [this.tenantId, newId(), identifier, credentialId, JSON.stringify(client), at, passwordHash];
    return (await this.context.db.query(attemptSucceeded, values, this.context.transaction)).length > 0;
  }

  /** Newest first. */
  async list(filter: AttemptFilter, page: PageQuery): Promise<Page<LoginAttemptRecord>> {
    this.assertAdministrator();
    const from = page.cursor === undefined ? null : decodeCursor('login_attempts', filter, page.cursor, place);
    const { identifier, succeeded = null, after = null, before = null } = filter;
    const name = identifier === undefined ? null : identifierFrom(identifier);
    const values = [this.tenantId, name, from?.at ?? null, from?.id ?? null, page.limit + 1, succeeded, after, before];
    const rows = await this.context.db.query<LoginAttemptRecord>(listAttempts, values, this.context.transaction);
    return pageOf(rows, page.limit, 'login_attempts', filter, ({ attemptedAt, id }) => ({ at: attemptedAt.toISOString(), id }));
  }

  /** Removes counts of failures under names that nobody tried since `before` (a day ago they are forgotten anyway), at most `limit`. */
  async pruneLockouts(before: Date, limit = 500): Promise<number> {
    this.assertAdministrator();
    return (await this.context.db.query(pruneLockouts, [this.tenantId, before, limit], this.context.transaction)).length;
  }
}
