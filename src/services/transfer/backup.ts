import type { GivenRow, WriteReport } from '../../repository/portable/portable-writer.js';
import type { BackupRepository } from '../../repository/system/backup.js';
import { BACKUP_FILE, IN_TENANT, tenantOf, truncated } from './format.js';
import { rowsOf, writeRows } from './import-tenant.js';
import { FileWriter, type Sink } from './write-file.js';

/** Writes the whole database, accounts and keys too, as one state that it had. */
export async function backUp(backup: BackupRepository, sink: Sink, progress?: (rows: number) => void): Promise<Record<string, number>> {
  const file = new FileWriter(sink);
  await backup.reading(async (rows, columns) => {
    await file.header(BACKUP_FILE, columns);
    await file.rest(rows, progress);
  });
  return file.rows;
}

/** Brings back what a backup holds. What is there already stays: whoever wants the backup and nothing else clears the database first. */
export async function restore(
  backup: BackupRepository,
  source: AsyncIterable<Uint8Array>,
  progress?: (tenant: string, report: Readonly<WriteReport>) => void,
): Promise<Record<string, WriteReport>> {
  const lines = rowsOf(source, await backup.columns(), BACKUP_FILE);
  const { value: columns } = await lines.next();
  if (!(columns instanceof Map)) throw truncated(false);
  const rows = lines as AsyncGenerator<GivenRow>;
  const reports: Record<string, WriteReport> = {};
  const shared = new Map<string, string[]>();
  let next: GivenRow | undefined;
  // Up to the first tenant stands what belongs to none.
  for (let step = await rows.next(); !step.done; step = await rows.next()) {
    next = step.value;
    if (next.type === IN_TENANT) break;
    shared.set(next.type, [...(shared.get(next.type) ?? []), next.row]);
    next = undefined;
  }
  for (const [type, given] of shared) await backup.writeShared(type, given, columns);

  async function* ofOneTenant(): AsyncGenerator<GivenRow> {
    next = undefined;
    for (let step = await rows.next(); !step.done; step = await rows.next()) {
      if (step.value.type === IN_TENANT) {
        next = step.value;
        return;
      }
      yield step.value;
    }
  }
  while (next) {
    const id = tenantOf(next.row, next.line);
    const writer = await backup.tenant(id, columns);
    reports[id] = writer.report;
    await writeRows(writer, ofOneTenant(), { progress: (report) => progress?.(id, report) });
  }
  return reports;
}
