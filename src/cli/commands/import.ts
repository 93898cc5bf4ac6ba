import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { App } from '../../app.js';
import { counted } from '../../counted.js';
import { invalidInput } from '../../errors.js';
import { scopesOf } from '../../principal.js';
import type { Store } from '../../repository/store.js';
import type { Importer, ImportItem, Rejected } from '../../services/importers/define.js';
import type { Source } from '../../services/transfer/source.js';
import { defineCommand, type ExitCode, flag, value } from '../define.js';
import { columns, type Output } from '../output.js';
import { stopOnSignals } from '../stop-on-signals.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../tenant-store.js';
import { countWords } from '../transfer/count-words.js';
import { assertReadable } from '../transfer/places.js';
import { printImport, printTenantImport } from '../transfer/print-import.js';
import { Progress } from '../transfer/progress.js';
import { assertImportFormat, OWN, SERVER_MEMORY } from '../transfer-format.js';

/** Progress is told this often. */
const EVERY_MS = 2_000;

export default defineCommand({
  name: 'import',
  summary: 'read a file of recollect export, or of another program',
  details:
    'Reads a file into a tenant. What it is is found out by looking into it; --format says it. What is there already stays as it is, so\n' +
    'reading a file again changes nothing, and a conversation is stored whole or not at all. What cannot be taken is reported with the\n' +
    'reason, the rest is stored, and the exit code is 1. --dry-run only tells what would be stored.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'file', description: 'the file, also one packed with gzip or the zip archive of an export, or - for stdin' },
  options: {
    tenant: tenantOption,
    user: value('id', 'whose things become that belong to nobody in the file (external id)'),
    format: value('name', 'what the file is'),
    dryRun: flag('store nothing, only tell'),
    withAccounts: flag('accounts and keys too, where the file has them: whoever they are of can come in'),
    json: flag('print JSON'),
  },
  async run(invocation) {
    const { options, operand, config } = invocation;
    const [{ IMPORTERS }, { openSource }, { readHeader }] = await Promise.all([
      import('../../services/importers/index.js'),
      import('../../services/transfer/source.js'),
      import('../../services/transfer/format.js'),
    ]);
    assertImportFormat(
      options.format,
      IMPORTERS.map(({ name }) => name),
    );
    const path = operand ?? '-';
    if (path !== '-') await assertReadable(path);
    const about = {
      user: options.user ?? config().user,
      dryRun: options.dryRun,
      accounts: options.withAccounts,
      json: options.json,
      output: invocation.output,
    };
    const { isZip, openZip } = await import('../../services/transfer/zip.js');
    if (path !== '-' && (await isZip(path))) {
      const { chooseFromArchive, isWorthALook } = await import('../../services/importers/archive.js');
      await using zip = await openZip(path, isWorthALook);
      const { importer, names, items } = await chooseFromArchive(zip.entries, IMPORTERS, options.format);
      invocation.output.note(`In the archive: ${names.join(', ')}`);
      return await withTenantStore(invocation, (store, app) => takeForeign(importer, items(), { store, app, ...about }));
    }
    const source = await openSource(path);
    const isOwn = options.format === OWN || (options.format === undefined && readHeader(firstLine(source.head)) !== null);
    const importer = isOwn ? undefined : chosen(IMPORTERS, options.format, source.head);
    return withTenantStore(invocation, (store, app) => {
      const work: Work = { store, app, source, path, ...about };
      if (isOwn) return takeOwn(work);
      // What is stored of a file of server-memory is stored many lines at a time.
      return importer && (importer.name !== SERVER_MEMORY || options.dryRun)
        ? takeForeign(importer, importer.read(source.bytes), work)
        : takeServerMemory(work);
    });
  },
});

type Work = Readonly<{
  store: Store;
  app: App;
  source: Source;
  path: string;
  user: string | null;
  dryRun: boolean;
  accounts: boolean;
  json: boolean;
  output: Output;
}>;

const firstLine = (head: string): string => head.split('\n', 1)[0] ?? '';

/** The one that is named, else the surest. */
function chosen(importers: readonly Importer[], format: string | undefined, head: string): Importer {
  const named = importers.find(({ name }) => name === format);
  if (named) return named;
  const [best] = importers.map((importer) => ({ importer, sure: importer.detect(head) })).sort((a, b) => b.sure - a.sure);
  if (best && best.sure > 0) return best.importer;
  const names = [OWN, ...new Set([SERVER_MEMORY, ...importers.map(({ name }) => name)])];
  throw invalidInput(
    'What the file is cannot be told from its beginning. Nothing was stored.',
    `Say it with --format: ${names.join(', ')}.`,
  );
}

async function takeOwn({ store, app, source, path, dryRun, accounts, json, output }: Work): Promise<ExitCode> {
  const { importTenant } = await import('../../services/transfer/import-tenant.js');
  if (path !== '-') {
    const { checkFile } = await import('../../services/transfer/check-file.js');
    await checkFile(path);
  }
  const size = path === '-' ? undefined : (await stat(path)).size;
  let read = 0;
  async function* counted() {
    for await (const chunk of source.bytes) {
      read += chunk.length;
      yield chunk;
    }
  }
  using stop = stopOnSignals();
  const bar = new Progress('Importing');
  try {
    const done = await importTenant(store, counted(), {
      dryRun,
      accounts,
      signal: stop.signal,
      progress: ({ rows }) =>
        bar.tell(
          Object.values(rows).reduce((sum, { read }) => sum + read, 0),
          size && !source.gzip ? read / size : undefined,
        ),
    });
    bar.end();
    if (!dryRun) await countWords(app, store.principal.tenantId, stop.signal);
    return printTenantImport(done, { json, stopped: stop.signal.aborted, output });
  } finally {
    bar.end();
    if (!dryRun) tell(app, store);
  }
}

async function takeForeign(
  importer: Importer,
  items: AsyncIterable<ImportItem | Rejected>,
  { store, app, user, dryRun, json, output }: Omit<Work, 'source' | 'path'>,
): Promise<ExitCode> {
  const { applyImport } = await import('../../services/importers/apply.js');
  using stop = stopOnSignals();
  const bar = new Progress(`Importing (${importer.title})`);
  try {
    const report = await applyImport(store, items, {
      format: importer.name,
      dryRun,
      user: user ?? undefined,
      signal: stop.signal,
      progress: ({ messages, memories, entities }) => bar.tell(messages.read + memories.read + entities.read),
    });
    bar.end();
    if (!dryRun) await countWords(app, store.principal.tenantId, stop.signal);
    return printImport(importer, report, { json, stopped: stop.signal.aborted, output });
  } finally {
    bar.end();
    if (!dryRun) tell(app, store);
  }
}

async function takeServerMemory({ store: whole, app, source, user, json, output }: Work): Promise<ExitCode> {
  const { tenantId } = whole.principal;
  const store = user === null ? whole : await app.storeFor({ tenantId, user, role: 'user', scopes: scopesOf('user') });
  const { importServerMemory } = await import('../../services/import-server-memory.js');
  const lines = createInterface({ input: Readable.from(source.bytes, { objectMode: false }), crlfDelay: Number.POSITIVE_INFINITY });
  let told = Date.now();
  const rejections: { where: string; why: string }[] = [];
  const report = await importServerMemory(store, lines, {
    problem(line, why) {
      if (json) rejections.push({ where: `line ${line}`, why });
      else output.note(`line ${line}: ${why}`);
    },
    stored({ lines, entities, relations }) {
      if (Date.now() - told < EVERY_MS) return;
      told = Date.now();
      output.note(`${lines} lines: ${entities} entities, ${relations} relations …`);
    },
  });
  tell(app, whole);
  if (json) {
    const { entities, newEntities, relations, newRelations, problems } = report;
    const [{ emptyReport }, { serverMemory }] = await Promise.all([
      import('../../services/importers/report.js'),
      import('../../services/importers/server-memory.js'),
    ]);
    const taken = (read: number, added: number) => ({ read, added, known: read - added });
    return printImport(
      serverMemory,
      {
        ...emptyReport(false),
        entities: taken(entities, newEntities),
        relations: taken(relations, newRelations),
        rejected: problems,
        rejections,
      },
      { json, stopped: false, output },
    );
  }
  output.line(`Read ${counted(report.lines, 'line')}.`);
  const rows: [string, string][] = [
    ['entities', `${report.entities}, ${report.newEntities} of them new, with ${counted(report.newObservations, 'new observation')}`],
    ['relations', `${report.relations}, ${report.newRelations} of them new`],
    ['not stored', report.problems === 0 ? 'nothing' : `${counted(report.problems, 'line')}, each reported above`],
  ];
  for (const row of columns(rows)) output.line(row);
  return report.problems === 0 ? 0 : 1;
}

/** Whoever follows what is written in a tenant. */
function tell(app: App, { principal }: Store): void {
  for (const follower of [app.changes, app.embeddings, app.corpus]) follower.wrote(principal.tenantId);
}
