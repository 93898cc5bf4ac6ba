import { counted } from '../../../counted.js';
import { defineCommand, flag } from '../../define.js';
import { columns } from '../../output.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { tenantView } from './tenant-view.js';

export default defineCommand({
  name: 'list',
  summary: 'list tenants and how much each has',
  settings: STORAGE_SETTINGS,
  options: { json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async ({ db, models }, app) => {
      const { options, output } = invocation;
      const { TenantDirectory } = await import('../../../repository/system/tenants.js');
      const tenants = await new TenantDirectory(db, models, app.clock).list();
      if (options.json) output.json(tenants.map(tenantView));
      else if (tenants.length === 0) output.note('There is no tenant yet.');
      const rows = tenants.map(({ id, name, users, conversations, messages, held, createdAt }): [string, string] => [
        id,
        `${name === id ? '' : `${name}: `}${counted(users, 'user')}, ${counted(conversations, 'conversation')}${held > 0 ? ` (${held} under legal hold)` : ''}, ` +
          `${counted(messages, 'message')}, since ${createdAt.toISOString().slice(0, 10)}`,
      ]);
      if (!options.json) for (const line of columns(rows, '')) output.line(line);
      return 0;
    }),
});
