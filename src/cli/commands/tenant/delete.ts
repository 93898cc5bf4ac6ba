import { counted } from '../../../counted.js';
import { invalidInput } from '../../../errors.js';
import { defineCommand, flag, value } from '../../define.js';
import { columns } from '../../output.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';

export default defineCommand({
  name: 'delete',
  summary: 'remove a tenant with everything in it, for good',
  details:
    'Shows how many rows of each table would go. With --confirm and the id once more they go, a batch at a time, keys and accounts\n' +
    'first: others on the server hardly notice, and when it is stopped it goes on where it was once it is run again. It is refused\n' +
    'while a conversation is under legal hold. A stdio server that is configured for the tenant makes it anew when it starts.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'tenant', description: 'id of the tenant' },
  options: {
    confirm: value('tenant', 'its id again: remove it'),
    ignoreLegalHold: flag('remove it although conversations are under legal hold'),
    json: flag('print JSON'),
  },
  async run(invocation) {
    const { options, operand, output } = invocation;
    if (operand === undefined) throw invalidInput('Say which tenant.');
    if (options.confirm !== undefined && options.confirm !== operand)
      throw invalidInput(
        `--confirm is ${JSON.stringify(options.confirm)}, but the tenant is ${JSON.stringify(operand)}. Nothing was removed.`,
      );
    return withDatabase(invocation, async ({ db, models }, app) => {
      const [{ TenantDirectory }, { TenantRemoval }] = await Promise.all([
        import('../../../repository/system/tenants.js'),
        import('../../../repository/system/tenant-removal.js'),
      ]);
      const { held } = await new TenantDirectory(db, models, app.clock).get(operand);
      const removal = new TenantRemoval(db);
      const dryRun = options.confirm === undefined;
      const progress = (table: string, rows: number) => output.note(`${table}: ${rows} …`);
      const rows = dryRun
        ? { ...(await removal.count(operand)), tenants: 1 }
        : await removal.remove(operand, { ignoreHolds: options.ignoreLegalHold, progress });
      if (!dryRun) await app.access.changed();
      if (options.json) output.json({ tenant: operand, dry_run: dryRun, held_conversations: held, rows });
      else {
        output.line(dryRun ? `Tenant ${operand} has:` : `Removed tenant ${operand}:`);
        for (const line of columns(Object.entries(rows).map(([table, count]): [string, string] => [table, String(count)])))
          output.line(line);
        if (held > 0) output.line(`Under legal hold: ${counted(held, 'conversation')}.`);
      }
      if (dryRun) output.note(`Nothing was removed. To remove it: recollect tenant delete ${operand} --confirm ${operand}`);
      return 0;
    });
  },
});
