import { AppError, invalidInput } from '../../errors.js';
import { CONVERSATION, EVENT, kindOf } from '../../repository/portable/portable-kinds.js';
import type { GivenRow, PortableWriter, WriteReport } from '../../repository/portable/portable-writer.js';
import type { Store } from '../../repository/store.js';
import { Crew } from './crew.js';
import { BACKUP_FILE, columnsOf, damaged, IN_TENANT, readEnd, readHeader, readRow, TENANT_FILE, truncated } from './format.js';
import { readLines, textOf } from './read-lines.js';
import { BrokenOff } from './source.js';
import { withoutAccess } from './without-access.js';

export type TenantImport = Readonly<{
  dryRun: boolean;
  settings: boolean;
  report: WriteReport;
  /** Rows of accounts, keys and grants that were in the file and not asked for, by type. */
  leftOut: Readonly<Record<string, number>>;
}>;

export type TenantImportOptions = Readonly<{
  dryRun?: boolean | undefined;
  /** Take accounts, keys and grants too, where the file has them. */
  accounts?: boolean | undefined;
  progress?: ((report: Readonly<WriteReport>) => void) | undefined;
  /** Looked at between two transactions. */
  signal?: AbortSignal | undefined;
}>;

/** Rows of one transaction, about; a conversation or node is never divided between two. */
const GROUP = 1_000;
const GROUP_CHARACTERS = 4_000_000;

/** What begins something whole: before it, and only there, a transaction may end. */
const beginsUnit = (type: string): boolean => kindOf(type)?.parent === undefined && type !== 'observation';

/** Conversations, with all that is in them, point to nothing but people, devices and sessions. */
const isConversation = (type: string): boolean => type === CONVERSATION.type || kindOf(type)?.table === EVENT.table;

/**
 * Takes a file that `exportTenant` wrote. A conversation is stored with all that is in it or not at all; what is here already
 * stays as it is, so taking the same file again changes nothing.
 */
export async function importTenant(
  store: Store,
  source: AsyncIterable<Uint8Array>,
  options: TenantImportOptions = {},
): Promise<TenantImport> {
  const lines = rowsOf(source, await store.portable.columns());
  const { value: columns } = await lines.next();
  if (!(columns instanceof Map)) throw truncated(false);
  const writer = store.portable.writer(columns);
  const leftOut: Record<string, number> = {};
  const rows = lines as AsyncGenerator<GivenRow>;
  const settings = await writeRows(writer, options.accounts ? rows : withoutAccess(rows, leftOut), options);
  return { dryRun: options.dryRun ?? false, settings, report: writer.report, leftOut };
}

/**
 * Writes rows, a group at a time; of conversations several groups at once where the engine can. Answers whether the tenant took its
 * settings.
 */
export async function writeRows(writer: PortableWriter, rows: AsyncGenerator<GivenRow>, options: TenantImportOptions): Promise<boolean> {
  let settings = false;
  const ahead = new Ahead(rows);
  const crew = new Crew(writer.width, () => options.progress?.(writer.report));
  try {
    for (let next = await ahead.head(); next && !options.signal?.aborted; next = await ahead.head()) {
      if (next.type === 'tenant') {
        ahead.skip();
        settings = !options.dryRun && (await writer.tenant(next.row));
        continue;
      }
      const { group, whole } = await nextGroup(ahead);
      const besides = whole && isConversation(next.type);
      if (!besides) await crew.idle();
      await crew.start(() => (options.dryRun ? writer.look(group) : writer.write(group, whole ? undefined : restOf(ahead))));
      if (!besides) await crew.idle();
    }
    await crew.idle();
    if (!options.dryRun) await writer.finish();
  } catch (error) {
    if (error instanceof BrokenOff) throw truncated(true);
    throw error;
  } finally {
    await crew.ended();
  }
  return settings;
}

/** Rows up to where something else begins. Not whole: what began is so large that the rest of it is read while it is written. */
async function nextGroup(ahead: Ahead): Promise<{ group: GivenRow[]; whole: boolean }> {
  const group: GivenRow[] = [];
  let characters = 0;
  for (let row = await ahead.head(); row && row.type !== 'tenant'; row = await ahead.head()) {
    const full =
      group.length >= GROUP || characters >= GROUP_CHARACTERS || (group[0] && isConversation(group[0].type) !== isConversation(row.type));
    if (full && beginsUnit(row.type)) return { group, whole: true };
    if (group.length >= 20 * GROUP || characters >= 10 * GROUP_CHARACTERS) return { group, whole: false };
    group.push(row);
    characters += row.row.length;
    ahead.skip();
  }
  return { group, whole: true };
}

async function* restOf(ahead: Ahead): AsyncGenerator<GivenRow> {
  for (let row = await ahead.head(); row && !beginsUnit(row.type); row = await ahead.head()) {
    ahead.skip();
    yield row;
  }
}

/** A reader that can look at the next row before taking it. */
class Ahead {
  readonly #rows: AsyncGenerator<GivenRow>;
  #next: GivenRow | undefined;
  #done = false;

  constructor(rows: AsyncGenerator<GivenRow>) {
    this.#rows = rows;
  }

  async head(): Promise<GivenRow | undefined> {
    if (this.#next || this.#done) return this.#next;
    const { value, done } = await this.#rows.next();
    this.#done = done === true;
    this.#next = done ? undefined : value;
    return this.#next;
  }

  skip(): void {
    this.#next = undefined;
  }
}

/** Lines that are no rows of a table with tenants. */
const OTHER = new Set(['tenant', IN_TENANT, 'oauth_client', 'job']);

/** First the columns that the file has of each type, then its rows. Ends with an error where the file does not end as it should. */
export async function* rowsOf(
  source: AsyncIterable<Uint8Array>,
  here: ReadonlyMap<string, readonly string[]>,
  format: string = TENANT_FILE,
): AsyncGenerator<GivenRow | Map<string, string[]>> {
  let number = 0;
  for await (const { bytes, whole } of readLines(source)) {
    number += 1;
    const text = textOf(bytes, number);
    if (number === 1) {
      const header = readHeader(text);
      if (!header) throw invalidInput('The file does not begin as an export of recollect does.');
      if (header.format !== format)
        throw format === BACKUP_FILE
          ? new AppError('invalid_input', 'The file is no backup, but an export of a tenant.', { hint: 'Use recollect import.' })
          : new AppError('invalid_input', 'The file is a backup of a whole server.', { hint: 'Use recollect restore.' });
      yield columnsOf(header, here);
      continue;
    }
    if (!whole) throw truncated(true);
    const end = text.startsWith('{"type":"end"') ? readEnd(text) : null;
    if (end) return;
    const row = readRow(text, number);
    if (!kindOf(row.type) && !OTHER.has(row.type)) throw damaged(number, `rows of type ${row.type} are not known`);
    yield row;
  }
  throw truncated(true);
}
