import { counted } from '../../counted.js';
import { AppError, invalidInput } from '../../errors.js';
import type { WriteReport } from '../../repository/portable/portable-writer.js';
import { defineCommand, flag } from '../define.js';
import { columns, type Output } from '../output.js';
import { STORAGE_SETTINGS } from '../tenant-store.js';
import { countWords } from '../transfer/count-words.js';
import { assertReadable } from '../transfer/places.js';
import { Progress } from '../transfer/progress.js';
import { withDatabase } from '../with-database.js';

export default defineCommand({
  name: 'restore',
  summary: 'bring back what recollect backup wrote',
  details:
    'Reads a backup into the database that the settings name, of either engine. The file is read whole and checked first. A database in\n' +
    'which anything is stored is refused; with --force all tenants in it are removed before. Should it be stopped, --force begins anew.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'file', description: 'a file that recollect backup wrote' },
  options: {
    dryRun: flag('only check the file and tell what is in it'),
    force: flag('remove everything that is in the database first'),
  },
  async run(invocation) {
    const { options, operand, output } = invocation;
    if (operand === undefined || operand === '-') throw invalidInput('Name the file: it is read twice.');
    const [{ checkFile }, { BACKUP_FILE, IN_TENANT }] = await Promise.all([
      import('../../services/transfer/check-file.js'),
      import('../../services/transfer/format.js'),
    ]);
    await assertReadable(operand);
    const file = await checkFile(operand);
    if (file.header.format !== BACKUP_FILE)
      throw invalidInput('The file is no backup, but an export of a tenant.', 'Use recollect import.');
    if (options.dryRun) {
      output.line(`Tenants: ${file.tenants.join(', ') || 'none'}.`);
      const { [IN_TENANT]: _separators, ...rows } = file.end.rows;
      printRows(rows, output);
      return 0;
    }
    return withDatabase(invocation, async ({ db }, app) => {
      const [{ BackupRepository }, { restore }, { openSource }] = await Promise.all([
        import('../../repository/system/backup.js'),
        import('../../services/transfer/backup.js'),
        import('../../services/transfer/source.js'),
      ]);
      const backup = new BackupRepository(db);
      const filled = await backup.filled();
      if (filled.length > 0 && !options.force)
        throw new AppError('conflict', `The database is not empty: ${filled.slice(0, 10).join(', ')}. Nothing was changed.`, {
          hint: 'Restore into a new data folder or database, or say --force to remove everything that is in this one.',
        });
      if (options.force) await backup.clear();
      const bar = new Progress('Restoring');
      const read = new Map<string, number>();
      try {
        const done = await restore(backup, (await openSource(operand)).bytes, (tenant, { rows }) => {
          read.set(tenant, sum(Object.values(rows).map((row) => row.read)));
          bar.tell(sum(read.values()));
        });
        bar.end();
        output.line(`Restored ${counted(Object.keys(done).length, 'tenant')}: ${Object.keys(done).join(', ')}.`);
        printRows(totals(Object.values(done)), output);
        for (const id of Object.keys(done)) await countWords(app, id);
        const lost = Object.values(done).flatMap(({ rejected }) => rejected);
        for (const { what, why } of lost) output.note(`${what} was left out: ${why}`);
        return lost.length > 0 ? 1 : 0;
      } finally {
        bar.end();
      }
    });
  },
});

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

function totals(reports: readonly WriteReport[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { rows } of reports) for (const [type, { added }] of Object.entries(rows)) totals[type] = (totals[type] ?? 0) + added;
  return totals;
}

function printRows(rows: Readonly<Record<string, number>>, output: Output): void {
  for (const line of columns(Object.entries(rows).map(([type, count]): [string, string] => [type.replaceAll('_', ' '), String(count)])))
    output.line(line);
}
