import { z } from 'zod';
import { counted } from '../counted.js';
import { QUOTA_KEYS, RETENTION_KEYS, TOKEN_PERIODS } from '../repository/retention/retention-policy.js';
import type { Store } from '../repository/store.js';

const limit = () => z.number().nullable();

export const policyView = z.object({
  retention: z
    .object(
      Object.fromEntries(RETENTION_KEYS.map((key) => [key, limit()])) as Record<
        (typeof RETENTION_KEYS)[number],
        z.ZodNullable<z.ZodNumber>
      >,
    )
    .describe('In force; null: no limit.'),
  quotas: z
    .object({
      max_messages: limit(),
      max_bytes: limit(),
      token_budget_warn: limit(),
      token_budget_refuse: limit(),
      token_budget_period: z.enum(TOKEN_PERIODS),
    })
    .describe('In force; null: no limit.'),
  own: z.array(z.string()).describe('Limits the tenant set for itself; the others come from the configuration.'),
  used: z.object({ messages: z.number(), bytes: z.number() }),
});

/** The policy of the store's tenant, as tools show it. */
export async function viewPolicy({ policies }: Store): Promise<z.input<typeof policyView>> {
  const { retention, quotas, own, used } = await policies.overview();
  const shown = <K extends string>(keys: readonly K[], values: { readonly [P in K]: unknown }) =>
    Object.fromEntries(keys.map((key) => [key, values[key]]));
  return {
    retention: shown(RETENTION_KEYS, retention) as z.input<typeof policyView>['retention'],
    quotas: shown(QUOTA_KEYS, quotas) as z.input<typeof policyView>['quotas'],
    own: [...own],
    used,
  };
}

export function policyText({ retention, quotas, own, used }: z.output<typeof policyView>): string {
  const { token_budget_period, ...limits } = quotas;
  const set = Object.entries({ ...retention, ...limits }).filter(([, value]) => value !== null);
  const lines = set.map(([key, value]) => `- ${key}: ${value}${own.includes(key) ? ' (own)' : ''}`);
  return [
    set.length === 0 ? 'Nothing is limited: everything is kept.' : 'In force:',
    ...lines,
    `Stored: ${counted(used.messages, 'message')}, ${used.bytes} bytes. Token budgets are by ${token_budget_period}.`,
  ].join('\n');
}
