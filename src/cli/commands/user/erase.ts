import { counted } from '../../../counted.js';
import { invalidInput } from '../../../errors.js';
import { defineCommand, flag, value } from '../../define.js';
import { columns } from '../../output.js';
import { stopOnSignals } from '../../stop-on-signals.js';
import { STORAGE_SETTINGS, sameTenant, tenantOption, withTenantStore } from '../../tenant-store.js';

/** Progress is told this often. */
const EVERY_MS = 2_000;

export default defineCommand({
  name: 'erase',
  summary: 'erase everything of a person, for good',
  details:
    'Shows how many rows of each table would go: conversations and what others said in them, what the person said elsewhere, memories,\n' +
    'graphs, profile, account, keys, and what is noted of signing in. With --confirm and the external id they go, a batch at a time; when\n' +
    'it is stopped it goes on where it was once it is run again. It is refused while a conversation the person is in is under legal hold.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'user', description: 'external id, username or e-mail' },
  options: {
    tenant: tenantOption,
    confirm: value('user', 'the external id: erase them'),
    ignoreLegalHold: flag('erase what is under legal hold too'),
    json: flag('print JSON'),
  },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, operand, output } = invocation;
      if (operand === undefined) throw invalidInput('Say who.');
      const { erasePerson } = await import('../../../services/erasure.js');
      using stop = stopOnSignals();
      let told = Date.now();
      const receipt = await erasePerson(store, operand, {
        dryRun: options.confirm === undefined,
        confirm: options.confirm,
        ignoreHolds: options.ignoreLegalHold,
        accessGone: () => app.access.changed(),
        signal: stop.signal,
        progress(removed) {
          if (Date.now() - told < EVERY_MS) return;
          told = Date.now();
          output.note(
            `${counted(
              Object.values(removed).reduce((sum, rows) => sum + rows, 0),
              'row',
            )} …`,
          );
        },
      });
      const { user, removed, citations, held, dryRun } = receipt;
      if (!dryRun) app.changes.wrote(store.principal.tenantId);
      if (options.json) {
        output.json({ user, dry_run: dryRun, removed, citations, held });
        return 0;
      }
      output.line(dryRun ? `There is of ${user}:` : `Erased of ${user}:`);
      for (const line of columns(Object.entries(removed).map(([table, rows]): [string, string] => [table, String(rows)])))
        output.line(line);
      if (citations > 0)
        output.line(
          `${counted(citations, 'place')} that named something of it as evidence ${citations === 1 ? 'does' : 'do'} not any more.`,
        );
      if (held.length > 0) output.line(`Under legal hold: ${held.join(', ')}.`);
      if (dryRun) output.note(`Nothing was changed. To erase it: recollect user erase ${operand}${sameTenant(options)} --confirm ${user}`);
      return 0;
    }),
});
