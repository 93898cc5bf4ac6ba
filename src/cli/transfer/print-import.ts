import { counted } from '../../counted.js';
import type { Importer } from '../../services/importers/define.js';
import type { ImportReport } from '../../services/importers/report.js';
import type { TenantImport } from '../../services/transfer/import-tenant.js';
import type { ExitCode } from '../define.js';
import { columns, type Output } from '../output.js';

type How = Readonly<{ json: boolean; stopped: boolean; output: Output }>;

/** Of each kind of thing: how many, and how many were there before. Exits with 1 when something was not taken. */
export function printTenantImport({ report, settings, dryRun, leftOut }: TenantImport, { json, stopped, output }: How): ExitCode {
  const bad = report.rejected.length > 0 || stopped;
  if (json) {
    output.json({
      dry_run: dryRun,
      stopped,
      settings,
      rows: report.rows,
      rejected: report.rejected,
      corrected: report.corrected,
      left_out: leftOut,
    });
    return bad ? 1 : 0;
  }
  output.line(dryRun ? 'In the file:' : 'Stored:');
  const rows = Object.entries(report.rows).map(([type, { read, added }]): [string, string] => [
    type.replaceAll('_', ' '),
    amount(read, added, dryRun),
  ]);
  for (const line of columns(rows)) output.line(line);
  if (settings) output.line('The tenant has the name and settings of the file.');
  if (report.corrected > 0)
    output.line(
      `${counted(report.corrected, 'conversation')} said a wrong number of messages and ${report.corrected === 1 ? 'was' : 'were'} corrected.`,
    );
  const access = Object.entries(leftOut).map(([type, count]) => `${type.replaceAll('_', ' ')} ${count}`);
  if (access.length > 0) output.note(`What lets people in was left out: ${access.join(', ')}. --with-accounts takes it.`);
  for (const { what, why } of report.rejected) output.note(`${what} was left out: ${why}`);
  if (stopped) output.note('Stopped before the end of the file; run it again to go on.');
  return bad ? 1 : 0;
}

/** Of each kind of thing: how many, and how many were there before. Exits with 1 when something was not taken. */
export function printImport(
  { name: format, title }: Pick<Importer, 'name' | 'title'>,
  report: ImportReport,
  { json, stopped, output }: How,
): ExitCode {
  const bad = report.rejected > 0 || stopped;
  const { conversations, messages, memories, entities, relations, superseded, rejected, rejections, dryRun } = report;
  if (json) {
    const counts = { conversations, messages, memories, entities, relations, superseded };
    output.json({ format, dry_run: dryRun, stopped, ...counts, rejected, rejections });
    return bad ? 1 : 0;
  }
  for (const { where, why } of rejections) output.note(`${where}: ${why}`);
  output.line(`${dryRun ? 'In the file' : 'Stored from the file'}: ${title}`);
  const rows = Object.entries({ conversations, messages, memories, entities, relations })
    .filter(([, { read }]) => read > 0)
    .map(([name, { read, added }]): [string, string] => [name, amount(read, added, dryRun)]);
  for (const line of columns([
    ...rows,
    [
      'not taken',
      rejected === 0
        ? 'nothing'
        : `${rejected}, ${rejected > rejections.length ? `the first ${rejections.length} with their reasons` : 'each with its reason'} above`,
    ],
  ]))
    output.line(line);
  if (superseded > 0)
    output.line(
      `${counted(superseded, 'memory', 'memories')} of the file ${dryRun ? 'would take' : 'took'} the place of what was said under the same id before.`,
    );
  if (stopped) output.note('Stopped before the end of the file; run it again to go on.');
  return bad ? 1 : 0;
}

const amount = (read: number, added: number, dryRun: boolean): string => `${read}, ${added} of them ${dryRun ? 'not here yet' : 'new'}`;
