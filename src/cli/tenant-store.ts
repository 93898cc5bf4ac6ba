import type { App } from '../app.js';
import type { FieldName } from '../config/fields.js';
import type { Store } from '../repository/store.js';
import { assertTenant } from './assert-tenant.js';
import { type ExitCode, type Invocation, type Option, value } from './define.js';
import { ALL_SETTINGS } from './program.js';

/** For commands that administer one tenant: whom a server would act for is none of their business. */
export const STORAGE_SETTINGS: readonly FieldName[] = ALL_SETTINGS.filter(
  (name) => name !== 'tenant' && name !== 'user' && name !== 'role',
);

export const tenantOption: Option<string | undefined> = value('id', 'the tenant. Default: the one that is configured');

/** What to add to a command that is told to somebody who named a tenant, so that it is about the same one. */
export const sameTenant = ({ tenant }: { readonly tenant: string | undefined }): string =>
  tenant === undefined ? '' : ` --tenant ${tenant}`;

type TenantInvocation = Pick<Invocation, 'config' | 'output'> & { options: { readonly tenant: string | undefined } };

/**
 * Opens the store of a tenant with the rights of the system. The configured tenant is made when it is not there, as a server
 * would make it; another one has to be there already.
 */
export async function withTenantStore(
  { options, config: readConfig, output }: TenantInvocation,
  work: (store: Store, app: App) => Promise<ExitCode>,
): Promise<ExitCode> {
  const config = readConfig();
  const tenantId = options.tenant ?? config.tenant;
  // Loaded here and not above: help shows these commands too, and should not wait for a database driver.
  const [{ openApp }, { scopesOf }] = await Promise.all([import('../app.js'), import('../principal.js')]);
  output.note('Opening the database …');
  await using app = openApp(config);
  const { models } = await app.database();
  if (tenantId !== config.tenant) await assertTenant(models, tenantId);
  return await work(await app.storeFor({ tenantId, user: null, role: 'system', scopes: scopesOf('system') }), app);
}
