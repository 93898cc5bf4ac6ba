import { invalidInput } from '../errors.js';

const FORMAT = 'server-memory';

/** Refuses what can neither be read nor written. */
export function assertFormat(format: string | undefined): void {
  if (format === FORMAT) return;
  throw invalidInput(
    format === undefined ? 'The format of the file is missing.' : `There is no format ${JSON.stringify(format.slice(0, 40))}.`,
    `Write --format ${FORMAT}, the file of @modelcontextprotocol/server-memory.`,
  );
}
