import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { tokenView } from './token-view.js';

export default defineCommand({
  name: 'revoke',
  summary: 'end a bearer key',
  details: 'Ends a bearer key, for good. Servers that run hear of it at once, and in any case within five seconds.',
  settings: STORAGE_SETTINGS,
  options: { tenant: tenantOption, json: flag('print JSON') },
  operand: { name: 'key', description: 'its id, its name, or the key itself or how it begins (rcl_ and eight characters)' },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, operand, output } = invocation;
      const token = await app.apiKeys.revoke(store, operand ?? '');
      if (options.json) output.json(tokenView(token));
      else output.line(`Revoked ${token.prefix}… (${token.name}).`);
      return 0;
    }),
});
