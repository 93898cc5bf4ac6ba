import { AdministrativeRepository } from '../accounts/administration.js';
import { SettingsRepository } from '../settings.js';
import { storedInTenant } from '../sql/quota-usage.js';
import {
  NO_POLICY,
  QUOTA_KEYS,
  type QuotaPolicy,
  quotasOf,
  RETENTION_KEYS,
  type RetentionPolicy,
  retentionOf,
} from './retention-policy.js';

export type PolicyOverview = Readonly<{
  retention: RetentionPolicy;
  quotas: QuotaPolicy;
  /** What the tenant set for itself. */
  own: readonly string[];
  used: { messages: number; bytes: number };
}>;

/** What holds for the principal's tenant: its own settings over those of the configuration. */
export class RetentionPolicies extends AdministrativeRepository {
  async get(): Promise<RetentionPolicy> {
    const { retention } = await new SettingsRepository(this.context).get();
    return retentionOf((this.context.policy ?? NO_POLICY).retention, retention);
  }

  async quotas(): Promise<QuotaPolicy> {
    const { quotas } = await new SettingsRepository(this.context).get();
    return quotasOf((this.context.policy ?? NO_POLICY).quotas, quotas);
  }

  async overview(): Promise<PolicyOverview> {
    this.assertAdministrator();
    const { retention = {}, quotas = {} } = await new SettingsRepository(this.context).get();
    const defaults = this.context.policy ?? NO_POLICY;
    const own = { ...(retention.days !== undefined && { message_retention_days: retention.days }), ...retention, ...quotas };
    const [used] = await this.context.db.query<PolicyOverview['used']>(storedInTenant, [this.tenantId], this.context.transaction);
    return {
      retention: retentionOf(defaults.retention, retention),
      quotas: quotasOf(defaults.quotas, quotas),
      own: [...RETENTION_KEYS, ...QUOTA_KEYS].filter((key) => own[key] !== undefined),
      used: used!,
    };
  }

  /** Sets limits of retention, null for none, and gives others back to the configuration. */
  async change(set: { [K in keyof RetentionPolicy]?: number | null }, unset: readonly (keyof RetentionPolicy)[]): Promise<void> {
    this.assertAdministrator();
    const named = <T>(keys: readonly T[]) => keys.map((key) => `retention.${key}`);
    // Else what it stands for would still be in force under its other name.
    const replaced = unset.includes('message_retention_days') ? ['days' as const] : [];
    await new SettingsRepository(this.context).update({
      set: Object.fromEntries(Object.entries(set).map(([key, value]) => [`retention.${key}`, value])),
      unset: named<string>([...unset, ...replaced]),
    });
  }
}
