import { defineCommand } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';

export default defineCommand({
  name: 'deactivate',
  summary: 'have stdio servers act for everybody in the tenant again',
  settings: STORAGE_SETTINGS,
  options: { tenant: tenantOption },
  run: (invocation) =>
    withTenantStore(invocation, async (store) => {
      await store.activeUser.clear();
      invocation.output.line('No user is active.');
      return 0;
    }),
});
