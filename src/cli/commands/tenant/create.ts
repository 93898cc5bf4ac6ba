import { invalidInput } from '../../../errors.js';
import { defineCommand, flag, value } from '../../define.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { tenantView } from './tenant-view.js';

export default defineCommand({
  name: 'create',
  summary: 'make a tenant',
  details:
    'Makes a tenant with nothing in it. Tenants never see each other. Give people and programs access with recollect token create\n' +
    'and recollect user create. The tenant that a stdio server is configured for makes itself.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'id', description: '1 to 63 lower-case letters, digits, "-" and "_"' },
  options: {
    name: value('name', 'a name for people. Default: the id'),
    textSearchConfig: value('name', "PostgreSQL's text search configuration for its language, such as german or simple. Default: english"),
    json: flag('print JSON'),
  },
  run: (invocation) =>
    withDatabase(invocation, async ({ db, models }, app) => {
      const { options, operand, output } = invocation;
      if (operand === undefined) throw invalidInput('Say which id the tenant is to have.');
      const { TenantDirectory } = await import('../../../repository/system/tenants.js');
      const { name, textSearchConfig } = options;
      const tenant = await new TenantDirectory(db, models, app.clock).create({ id: operand, name, textSearchConfig });
      if (options.json) output.json(tenantView(tenant));
      else
        output.line(
          `Made tenant ${tenant.id}${tenant.name === tenant.id ? '' : ` (${tenant.name})`}, text search ${tenant.textSearchConfig}.`,
        );
      return 0;
    }),
});
