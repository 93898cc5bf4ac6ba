import { SettingsRepository } from '../settings.js';
import { activeAccount } from '../sql/accounts.js';
import { AdministrativeRepository } from './administration.js';

/** For whom stdio servers of the tenant act that were told nothing else. */
export class ActiveUserRepository extends AdministrativeRepository {
  /** External id of the person, as long as their account is there and not disabled. */
  async get(): Promise<string | null> {
    const [row] = await this.context.db.query<{ user: string }>(activeAccount, [this.tenantId], this.context.transaction);
    return row?.user ?? null;
  }

  async set(user: string): Promise<void> {
    this.assertAdministrator();
    await new SettingsRepository(this.context).update({ set: { active_user: user } });
  }

  /** With `user`, only if it is that person. */
  async clear(user?: string): Promise<void> {
    this.assertAdministrator();
    const settings = new SettingsRepository(this.context);
    const { active_user: active } = await settings.get();
    if (active !== undefined && (user === undefined || active === user)) await settings.update({ unset: ['active_user'] });
  }
}
