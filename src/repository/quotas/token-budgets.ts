import { AppError } from '../../errors.js';
import { Repository } from '../context.js';
import { startOf, step } from '../periods.js';
import { RetentionPolicies } from '../retention/retention-policies.js';
import type { QuotaPolicy } from '../retention/retention-policy.js';
import { userTokens } from '../sql/quota-usage.js';

export type BudgetLevel = 'ok' | 'warn' | 'refuse';

/** Whose budget: of a user, or of the user whose conversation it is. */
export type BudgetOf = {
  user?: string | undefined;
  conversationId?: string | undefined;
  conversationKey?: string | undefined;
};

export type TokenBudget = {
  user: string | null;
  period: QuotaPolicy['token_budget_period'];
  start: Date;
  end: Date;
  used: number;
  warn: number | null;
  refuse: number | null;
};

/** What users may use in a period, and what they have. */
export class TokenBudgets extends Repository {
  /** Null where no budget is set. */
  async find(of: BudgetOf, policy?: QuotaPolicy): Promise<TokenBudget | null> {
    this.assertUser(of.user);
    const {
      token_budget_warn: warn,
      token_budget_refuse: refuse,
      token_budget_period: period,
    } = policy ?? (await new RetentionPolicies(this.context).quotas());
    if (warn === null && refuse === null) return null;
    const start = startOf(period, this.context.clock());
    const end = step(period, start, 1);
    const { user = null, conversationId = null, conversationKey = null } = of;
    const [found] = await this.context.db.query<{ user: string; used: number }>(
      userTokens,
      [this.tenantId, this.userId, user, conversationId, conversationKey, start, end],
      this.context.transaction,
    );
    return { user: found?.user ?? user, period, start, end, used: found?.used ?? 0, warn, refuse };
  }
}

/** Where a budget stands once so many tokens more are used. */
export const levelOf = ({ used, warn, refuse }: TokenBudget, more = 0): BudgetLevel =>
  refuse !== null && used + more > refuse ? 'refuse' : warn !== null && used + more > warn ? 'warn' : 'ok';

export const overBudget = ({ user, period, end, used, refuse }: TokenBudget, more: number): AppError =>
  new AppError(
    'quota_exceeded',
    `${user === null ? 'The user' : `User ${JSON.stringify(user)}`} has used ${used} of ${refuse} tokens of this ${period}, and this turn brings ${more} more. Nothing was saved.`,
    { hint: `The next ${period} begins at ${end.toISOString()}; the operator can raise token_budget_refuse.` },
  );
