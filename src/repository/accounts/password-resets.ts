import { AppError } from '../../errors.js';
import { newId } from '../../ids.js';
import { pruneResetTokens, useResetToken } from '../sql/sign-in.js';
import { AdministrativeRepository } from './administration.js';

/** Tokens that let somebody choose a new password, once and for a while. Only their hashes are here. */
export class PasswordResetRepository extends AdministrativeRepository {
  /** Ends every token of the account that is still outstanding. */
  async issue(credentialId: string, tokenHash: string, expiresAt: Date): Promise<void> {
    this.assertAdministrator();
    await this.atomically(async (context) => {
      const { models, transaction = null } = context;
      await new PasswordResetRepository(context).end(credentialId);
      const row = this.ofTenant({ id: newId(), credentialId, tokenHash, expiresAt, usedAt: null });
      await models.PasswordResetToken.create(row, { transaction });
    });
  }

  /** Ends what is outstanding of the account. */
  async end(credentialId: string): Promise<void> {
    this.assertAdministrator();
    const { models, clock } = this.context;
    await models.PasswordResetToken.update({ usedAt: clock() }, { where: this.ofTenant({ credentialId, usedAt: null }), ...this.tx });
  }

  /** Row id of the account that a token is for, while it is good. */
  async find(tokenHash: string): Promise<string> {
    this.assertAdministrator();
    const { models, clock } = this.context;
    const row = await models.PasswordResetToken.findOne({ where: this.ofTenant({ tokenHash }), ...this.tx });
    if (!row || row.usedAt !== null || row.expiresAt <= clock()) throw spent();
    return row.credentialId;
  }

  /** Uses a token up; of two callers at once one gets it. */
  async redeem(tokenHash: string): Promise<string> {
    this.assertAdministrator();
    const { db, clock, transaction } = this.context;
    const [row] = await db.query<{ credentialId: string }>(useResetToken, [this.tenantId, tokenHash, clock()], transaction);
    if (!row) throw spent();
    return row.credentialId;
  }

  /** Removes tokens that were used or expired before `before`, at most `limit`; tells how many. */
  async prune(before: Date, limit = 500): Promise<number> {
    this.assertAdministrator();
    return (await this.context.db.query(pruneResetTokens, [this.tenantId, before, limit], this.context.transaction)).length;
  }
}

const spent = () =>
  new AppError('unauthenticated', 'This reset token is unknown, was used, or has expired.', {
    hint: 'Ask an administrator for a new one.',
  });
