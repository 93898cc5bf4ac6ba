import { invalidInput } from '../../../errors.js';
import { defineCommand, flag, value } from '../../define.js';
import { columns } from '../../output.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { clientOperand } from './client-view.js';

export default defineCommand({
  name: 'delete',
  summary: 'remove a client and every sign-in with it, in all tenants',
  details:
    'Shows how many rows of sign-ins would go in each tenant. With --confirm and the client_id they go, and the client last; stopped\n' +
    'half-way it is disabled, and goes on when it is run again. A program whose client_id is the address of a document is back when\n' +
    'somebody signs in with it: recollect client disable keeps it out.',
  settings: STORAGE_SETTINGS,
  operand: clientOperand,
  options: { confirm: value('client_id', 'its client_id: remove it'), json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async (_, app) => {
      const { options, operand, output } = invocation;
      const { administration } = app.oauth;
      const register = await administration.register();
      const { id, externalId } = await register.get(operand ?? '');
      if (options.confirm !== undefined && options.confirm !== externalId)
        throw invalidInput(
          `--confirm is ${JSON.stringify(options.confirm)}, but the client is ${JSON.stringify(externalId)}. Nothing was removed.`,
        );
      const dryRun = options.confirm === undefined;
      const grants = dryRun ? await register.countGrants(id) : await administration.remove(id);
      if (options.json) output.json({ client_id: externalId, dry_run: dryRun, oauth_grants: grants });
      else {
        output.line(dryRun ? `Client ${externalId} has of grants, in tenant` : `Removed client ${externalId}, and of grants, in tenant`);
        for (const line of columns(Object.entries(grants).map(([tenant, rows]): [string, string] => [tenant, String(rows)])))
          output.line(line);
      }
      if (dryRun) output.note(`Nothing was removed. To remove it: recollect client delete ${externalId} --confirm ${externalId}`);
      return 0;
    }),
});
