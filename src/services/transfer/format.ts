import { AppError, invalidInput } from '../../errors.js';

/** A tenant, or a part of one; or everything on a server. */
export const TENANT_FILE = 'recollect';
export const BACKUP_FILE = 'recollect-backup';
const FORMAT_VERSION = 1;
/** In a backup, the line that says whose the rows after it are. */
export const IN_TENANT = 'in_tenant';

/**
 * The first line. Which columns the rows of each type have is said here once: a reader that does not know one of them is older
 * than the file and refuses it, one that knows more gives those the value they have in a new row.
 */
export type Header = Readonly<{ format: string; version: number; columns: Readonly<Record<string, readonly string[]>> }>;

/** The last line: how many rows of each type there were, and the SHA-256 of all lines before it. */
export type End = Readonly<{ rows: Readonly<Record<string, number>>; sha256: string }>;

export const headerLine = (format: string, columns: ReadonlyMap<string, readonly string[]>): string =>
  `${JSON.stringify({ type: 'header', format, version: FORMAT_VERSION, columns: Object.fromEntries(columns) })}\n`;

export const rowLine = (type: string, row: string): string => `{"type":"${type}","data":${row}}\n`;

export const endLine = (rows: Readonly<Record<string, number>>, sha256: string): string =>
  `${JSON.stringify({ type: 'end', rows: Object.fromEntries(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1))), sha256 })}\n`;

export const readHeader = (line: string): Header | null => {
  const read = parse(line) as Partial<Header & { type: string }> | null;
  if (read?.type !== 'header' || typeof read.format !== 'string' || !read.format.startsWith(TENANT_FILE)) return null;
  if (read.format !== TENANT_FILE && read.format !== BACKUP_FILE) return null;
  if (typeof read.version !== 'number' || typeof read.columns !== 'object' || read.columns === null)
    throw damaged(1, 'its header is not whole');
  if (read.version > FORMAT_VERSION)
    throw new AppError(
      'invalid_input',
      `The file has version ${read.version} of the format; this program reads up to ${FORMAT_VERSION}. Nothing was stored.`,
      {
        hint: 'Use a newer version of recollect.',
      },
    );
  return read as Header;
};

/** Only the last line of a file that is whole is one. */
export const readEnd = (line: string): End | null => {
  const read = parse(line) as Partial<End & { type: string }> | null;
  return read?.type === 'end' && typeof read.sha256 === 'string' && typeof read.rows === 'object' && read.rows !== null
    ? (read as End)
    : null;
};

const ROW = /^\{"type":"([a-z_]{1,30})","data":/;

/** A row of a line, cut out and not parsed: whatever the database wrote is what it gets back. */
export function readRow(line: string, number: number): { type: string; row: string; line: number } {
  const start = ROW.exec(line);
  if (!start || !line.endsWith('}')) throw damaged(number, 'it is no row');
  return { type: start[1]!, row: line.slice(start[0].length, -1), line: number };
}

/** What the file holds of each type, as far as it is known here; refuses a file that knows more than this program. */
export function columnsOf(header: Header, here: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const columns = new Map<string, string[]>();
  for (const [type, names] of Object.entries(header.columns)) {
    const known = here.get(type);
    const unknown = !known ? type : Array.isArray(names) ? names.find((name) => !known.includes(name)) : 'columns';
    if (unknown !== undefined)
      throw new AppError(
        'invalid_input',
        `The file is of a newer version of recollect: ${known ? `${type}.` : ''}${String(unknown).slice(0, 100)} is not known here. Nothing was stored.`,
        {
          hint: 'Use a newer version of recollect.',
        },
      );
    columns.set(type, [...names]);
  }
  return columns;
}

export const damaged = (line: number, why: string): AppError => invalidInput(`Line ${line} of the file cannot be read: ${why}.`);

export const truncated = (stored: boolean): AppError =>
  new AppError('invalid_input', `The file ends in the middle${stored ? '; what was stored before stays' : ': nothing was stored'}.`, {
    hint: 'Export it again; recollect export --resume goes on with a file that was broken off.',
  });

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The id in such a line. */
export function tenantOf(row: string, line: number): string {
  const { id } = (parse(row) ?? {}) as { id?: unknown };
  if (typeof id !== 'string' || !/^[a-z0-9][a-z0-9_-]{0,62}$/.test(id)) throw damaged(line, 'it names no tenant');
  return id;
}
