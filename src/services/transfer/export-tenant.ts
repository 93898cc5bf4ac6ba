import type { PortableChoice, PortablePlace } from '../../repository/portable/portable-reader.js';
import type { Store } from '../../repository/store.js';
import { TENANT_FILE } from './format.js';
import { FileWriter, type Sink } from './write-file.js';

export type ExportOptions = Readonly<{
  choice: PortableChoice;
  sink: Sink;
  /** What an export that was broken off had written, and where it goes on. */
  resume?: Resumed | undefined;
  progress?: ((rows: number) => void) | undefined;
}>;

export type Resumed = Readonly<{ place: PortablePlace; lines: AsyncIterable<{ type: string; line: string }> }>;

/**
 * Writes a tenant, or a part of it, as one state that it had; the same tenant makes the same bytes. Going on with a file, what was
 * written stays as it was then, and the rest is of now.
 */
export async function exportTenant(store: Store, { choice, sink, resume, progress }: ExportOptions): Promise<Record<string, number>> {
  const file = new FileWriter(sink);
  await store.portable.reading(async (reader, columns) => {
    if (resume) {
      for await (const { type, line } of resume.lines) {
        if (type !== 'header') file.count(type);
        await file.line(`${line}\n`);
      }
    } else await file.header(TENANT_FILE, columns);
    await file.rest(reader.read(choice, resume?.place), progress);
  });
  return file.rows;
}
