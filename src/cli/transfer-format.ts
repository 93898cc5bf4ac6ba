import { invalidInput } from '../errors.js';

export const SERVER_MEMORY = 'server-memory';
export const OWN = 'recollect';

/** Refuses what cannot be written. */
export function assertExportFormat(format: string | undefined): void {
  if (format === undefined || format === OWN || format === SERVER_MEMORY) return;
  throw invalidInput(
    `--format ${JSON.stringify(format.slice(0, 40))} cannot be written.`,
    `Write --format ${SERVER_MEMORY}, the file of @modelcontextprotocol/server-memory, or leave it out.`,
  );
}

/** Refuses what cannot be read. */
export function assertImportFormat(format: string | undefined, importers: readonly string[]): void {
  if (format === undefined || format === OWN || format === SERVER_MEMORY || importers.includes(format)) return;
  throw invalidInput(
    `There is no format ${JSON.stringify(format.slice(0, 40))}.`,
    `There are: ${[...new Set([OWN, SERVER_MEMORY, ...importers])].join(', ')}. Without --format the file is looked at.`,
  );
}
