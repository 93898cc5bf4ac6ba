import { AppError } from '../../errors.js';
import type { Context } from '../context.js';
import type { JsonObject } from '../records.js';
import { NO_POLICY, type QuotaPolicy, quotasOf } from '../retention/retention-policy.js';
import { tenantUsage } from '../sql/quota-usage.js';
import { readTenantSettings } from '../tenant-settings.js';
import { type BudgetOf, levelOf, overBudget, type TokenBudget, TokenBudgets } from './token-budgets.js';

/** What a tenant has stored. */
export type Usage = { messages: number; bytes: number };

type Known = {
  policy: QuotaPolicy;
  /** As counted in the database, what this process has written since it began to count, and what it is writing now. */
  counted: Usage;
  since: Usage;
  pending: Usage;
  /** When it was counted, on the monotonic clock. */
  at: number;
  counting: Promise<void> | undefined;
};

/** What another process writes is known after this long at the latest: a quota is overshot by no more. */
const STALE_MS = 5_000;
/** A tenant that nobody wrote to for so long is counted before anything else. */
const FORGOTTEN_MS = 30_000;
/** So near to its limit a tenant is counted before each write that finds its figures stale. */
const NEAR = 0.9;
const KEPT = 10_000;

/**
 * What tenants have used of their quotas, as this process knows it. The write path reads no counter that all writers share: sums
 * of what conversations count themselves are fetched every few seconds, and what this process writes is added in between.
 */
export class Quotas {
  readonly #defaults: QuotaPolicy;
  readonly #known = new Map<string, Known>();
  readonly #budgets = new Map<string, { budget: TokenBudget; at: number }>();

  constructor(defaults: QuotaPolicy = NO_POLICY.quotas) {
    this.#defaults = defaults;
  }

  /** The policy in force for the principal's tenant, at most a few seconds old. */
  async policy(context: Context): Promise<QuotaPolicy> {
    return (await this.#fresh(context, false)).policy;
  }

  /** What is stored, counted now. */
  async usage(context: Context): Promise<{ policy: QuotaPolicy; used: Usage }> {
    const known = await this.#fresh(context, true);
    return { policy: known.policy, used: total(known) };
  }

  /**
   * Lets a write in or refuses it. What is let in counts at once; the answer takes that back, for a write that failed or saved less.
   */
  async admit(context: Context, more: Usage, outcome = 'Nothing was saved.'): Promise<(saved: Usage) => void> {
    let known = await this.#fresh(context, false);
    // What is refused here is refused by figures of this moment: somebody may just have made room.
    if (exceeded(known, more)) known = await this.#fresh(context, true);
    const limit = exceeded(known, more);
    if (limit) throw refusal(limit, known, more, outcome);
    add(known.pending, more, 1);
    return (saved) => {
      add(known.pending, more, -1);
      add(known.since, saved, 1);
    };
  }

  /** Refuses a turn of so many tokens when it takes its user over the budget; else they count from now on. */
  async spend(context: Context, of: BudgetOf, tokens: number): Promise<void> {
    const policy = await this.policy(context);
    if (policy.token_budget_refuse === null) return;
    const key = JSON.stringify([context.principal.tenantId, context.userId, of.user, of.conversationId, of.conversationKey]);
    let known = this.#budgets.get(key);
    const isStale = !known || performance.now() - known.at > STALE_MS || context.clock() >= known.budget.end;
    if (!known || isStale || levelOf(known.budget, tokens) === 'refuse') {
      const budget = await new TokenBudgets(context).find(of, policy);
      if (!budget || budget.user === null) return;
      if (this.#budgets.size >= KEPT) this.#budgets.clear();
      known = { budget, at: performance.now() };
      this.#budgets.set(key, known);
    }
    if (levelOf(known.budget, tokens) === 'refuse') throw overBudget(known.budget, tokens);
    known.budget.used += tokens;
  }

  async #fresh(context: Context, now: boolean): Promise<Known> {
    const known = this.#of(context.principal.tenantId);
    const age = performance.now() - known.at;
    if (!now && age < STALE_MS) return known;
    // A transaction is one conversation with the database: what is asked beside it would wait for it.
    if (now || context.transaction) {
      await this.#count(context, known);
      return known;
    }
    known.counting ??= this.#count(context, known).finally(() => {
      known.counting = undefined;
    });
    if (age > FORGOTTEN_MS || isNear(known)) await known.counting;
    // What could not be counted now is counted with the next write.
    else known.counting.catch(() => undefined);
    return known;
  }

  #of(tenantId: string): Known {
    const known = this.#known.get(tenantId);
    if (known) return known;
    if (this.#known.size >= KEPT) this.#known.clear();
    const never = Number.NEGATIVE_INFINITY;
    const made: Known = { policy: this.#defaults, counted: none(), since: none(), pending: none(), at: never, counting: undefined };
    this.#known.set(tenantId, made);
    return made;
  }

  async #count({ db, principal, transaction }: Context, known: Known): Promise<void> {
    const hasDefault = this.#defaults.max_messages !== null || this.#defaults.max_bytes !== null;
    const before = { ...known.since };
    const [row] = await db.query<{ settings: JsonObject; used: Usage | null }>(tenantUsage, [principal.tenantId, hasDefault], transaction);
    known.policy = quotasOf(this.#defaults, row && readTenantSettings(row.settings).quotas);
    known.counted = row?.used ?? none();
    // Written before it was counted, so it is among what was; what came meanwhile may be counted twice, until the next time.
    add(known.since, before, -1);
    known.at = performance.now();
  }
}

/** What a piece of work that may be tried again was let in with: kept when it is done, else given back. */
export class Admission {
  readonly #quotas: Quotas;
  #let: { more: Usage; settle: (saved: Usage) => void } | undefined;

  constructor(quotas: Quotas) {
    this.#quotas = quotas;
  }

  async ask(context: Context, more: Usage, outcome?: string): Promise<void> {
    if (more.messages > 0 || more.bytes > 0) this.#let = { more, settle: await this.#quotas.admit(context, more, outcome) };
  }

  keep(saved: Usage | undefined = this.#let?.more): void {
    if (saved) this.#let?.settle(saved);
    this.#let = undefined;
  }

  undo(): void {
    this.keep(none());
  }
}

const none = (): Usage => ({ messages: 0, bytes: 0 });
const total = ({ counted, since, pending }: Known): Usage => ({
  messages: counted.messages + since.messages + pending.messages,
  bytes: counted.bytes + since.bytes + pending.bytes,
});

const add = (to: Usage, more: Usage, sign: 1 | -1): void => {
  to.messages += sign * more.messages;
  to.bytes += sign * more.bytes;
};

type Limit = 'max_messages' | 'max_bytes';
const LIMITS = [
  ['max_messages', 'messages'],
  ['max_bytes', 'bytes'],
] as const satisfies [Limit, keyof Usage][];

const exceeded = (known: Known, more: Usage): Limit | undefined =>
  LIMITS.find(
    ([limit, unit]) => more[unit] > 0 && total(known)[unit] + more[unit] > (known.policy[limit] ?? Number.POSITIVE_INFINITY),
  )?.[0];

const isNear = (known: Known): boolean =>
  LIMITS.some(([limit, unit]) => total(known)[unit] > NEAR * (known.policy[limit] ?? Number.POSITIVE_INFINITY));

function refusal(limit: Limit, known: Known, more: Usage, outcome: string): AppError {
  const unit = limit === 'max_messages' ? 'messages' : 'bytes';
  const kind = unit === 'messages' ? 'messages' : 'bytes of messages, attachments and memories';
  return new AppError(
    'quota_exceeded',
    `There is no room: ${total(known)[unit]} of at most ${known.policy[limit]} ${kind} are stored, and this call brings ${more[unit]} more. ${outcome}`,
    { hint: `Remove what is no longer needed with delete_conversation or forget (hard), or ask the operator to raise ${limit}.` },
  );
}
