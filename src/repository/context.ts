import type { Transaction } from 'sequelize';
import type { Database } from '../db/database.js';
import { AppError } from '../errors.js';
import type { Models } from '../models/index.js';
import type { Principal } from '../principal.js';
import type { RedactMode } from '../redaction/redaction.js';
import type { Limits } from './limits.js';
import type { Quotas } from './quotas/quotas.js';
import type { PolicyDefaults } from './retention/retention-policy.js';

export type Context = Readonly<{
  db: Database;
  models: Models;
  principal: Principal;
  /** Row id of the user the principal is bound to; null when it acts for all users of the tenant. */
  userId: string | null;
  limits: Limits;
  /** What happens to secrets in what is stored; without it transcripts are kept as they are and memories are masked. */
  redact?: RedactMode | undefined;
  /** What the configuration says about retention and quotas; without it there are none but the tenant's own. */
  policy?: PolicyDefaults | undefined;
  /** What tenants have used of their quotas, known to the whole process; without it none is enforced. */
  quotas?: Quotas | undefined;
  clock: () => Date;
  transaction: Transaction | undefined;
}>;

/** Base of every repository: tenant, user and transaction are in the object, so no method takes them and none can forget them. */
export abstract class Repository {
  protected readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  protected get tenantId(): string {
    return this.context.principal.tenantId;
  }

  protected get userId(): string | null {
    return this.context.userId;
  }

  /** Who did it, for the log of events. */
  protected get actor(): string {
    const { user, role } = this.context.principal;
    return user === null ? role : `user:${user}`;
  }

  /** Refuses a user that the principal is not: one bound to a user names nobody else. */
  protected assertUser(user: string | undefined): void {
    const own = this.context.principal.user;
    if (own === null || user === undefined || user === own) return;
    throw new AppError('forbidden', 'This connection acts for one user only and cannot name another.', { hint: 'Leave `user` out.' });
  }

  /** `where` for a row of this tenant. */
  protected ofTenant<W extends object>(where: W): W & { tenantId: string } {
    return { ...where, tenantId: this.tenantId };
  }

  /** `where` for a row that belongs to a user and that this principal may see. */
  protected ofUser<W extends object>(where: W): W & { tenantId: string } {
    return this.userId === null ? this.ofTenant(where) : this.ofTenant({ ...where, userId: this.userId });
  }

  /** Options that keep a model query in the current transaction. */
  protected get tx(): { transaction?: Transaction } {
    const { transaction } = this.context;
    return transaction ? { transaction } : {};
  }

  /** Runs `work` in one transaction: the one this repository is bound to, or its own. */
  protected async atomically<T>(work: (context: Context) => Promise<T>): Promise<T> {
    if (this.context.transaction) return work(this.context);
    return this.context.db.transaction((transaction) => work({ ...this.context, transaction }));
  }
}
