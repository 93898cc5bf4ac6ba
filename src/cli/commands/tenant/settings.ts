import { invalidInput } from '../../../errors.js';
import { TENANT_SETTINGS } from '../../../repository/tenant-settings.js';
import { defineCommand, flag, value } from '../../define.js';
import { columns } from '../../output.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { settingRows, tenantView } from './tenant-view.js';

const known = [...TENANT_SETTINGS].map(([name, description]): [string, string] => [name, description]);

export default defineCommand({
  name: 'settings',
  summary: "show or change a tenant's own settings",
  details: [
    "Shows what a tenant has set for itself, or changes it: each takes the place of what the server's configuration says.",
    'null means: no such limit for this tenant. Settings:',
    ...columns([['name', 'a name for people'], ['text_search_config', 'language of its texts; only while nothing is stored'], ...known]),
  ].join('\n'),
  settings: STORAGE_SETTINGS,
  operand: { name: 'tenant', description: 'id of the tenant' },
  options: {
    set: value('name=value', 'what to set; several are separated by commas'),
    unset: value('names', 'what goes back to what the configuration says; several are separated by commas'),
    json: flag('print JSON'),
  },
  async run(invocation) {
    const { options, operand, output } = invocation;
    if (operand === undefined) throw invalidInput('Say which tenant.');
    const { name, text_search_config: textSearchConfig, ...set } = assignments(options.set);
    const unset = options.unset?.split(',').map((key) => key.trim()) ?? [];
    return withDatabase(invocation, async ({ db, models }, app) => {
      const { TenantDirectory } = await import('../../../repository/system/tenants.js');
      const tenants = new TenantDirectory(db, models, app.clock);
      const changes = options.set !== undefined || unset.length > 0;
      const change = { set, unset, ...(name !== undefined && { name: String(name) }) };
      const tenant = changes
        ? await tenants.change(operand, {
            ...change,
            ...(textSearchConfig !== undefined && { textSearchConfig: String(textSearchConfig) }),
          })
        : await tenants.get(operand);
      if (options.json) output.json(tenantView(tenant));
      else for (const line of columns(settingRows(tenant), '')) output.line(line);
      return 0;
    });
  },
});

/** A value is JSON where it can be, else text: 30, true, null, german. */
function assignments(written: string | undefined): Record<string, unknown> {
  const pairs = written?.split(',').map((pair): [string, unknown] => {
    const at = pair.indexOf('=');
    if (at < 1) throw invalidInput(`--set takes name=value, not ${JSON.stringify(pair)}.`);
    const text = pair.slice(at + 1).trim();
    try {
      return [pair.slice(0, at).trim(), JSON.parse(text)];
    } catch {
      return [pair.slice(0, at).trim(), text];
    }
  });
  return Object.fromEntries(pairs ?? []);
}
