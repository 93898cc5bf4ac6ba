import { notFound } from '../errors.js';
import { Repository } from './context.js';
import { changeTenantSettings, readTenantSettings, type SettingsChange, type TenantSettings } from './tenant-settings.js';

/** What the principal's own tenant has set for itself. */
export class SettingsRepository extends Repository {
  async get(): Promise<TenantSettings> {
    const row = await this.context.models.Tenant.findByPk(this.tenantId, this.tx);
    if (!row) throw notFound('tenant', this.tenantId, 'recollect tenant list shows who is there.');
    return readTenantSettings(row.settings);
  }

  /** Applies a change whole; two at the same time do not undo each other. */
  async update(change: SettingsChange): Promise<TenantSettings> {
    return this.atomically(async ({ models, transaction }) => {
      const lock = transaction ? { transaction, lock: transaction.LOCK.UPDATE } : {};
      const row = await models.Tenant.findByPk(this.tenantId, lock);
      if (!row) throw notFound('tenant', this.tenantId, 'recollect tenant list shows who is there.');
      const settings = changeTenantSettings(row.settings, change);
      await row.update({ settings }, { transaction: transaction ?? null });
      return readTenantSettings(settings);
    });
  }
}
