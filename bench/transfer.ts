import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateUp } from '../src/db/migrate.js';
import { openDatabase } from '../src/db/open.js';
import { createLog } from '../src/log.js';
import { portableColumns } from '../src/repository/portable/portable-reader.js';
import { storeFor } from '../test/support/store.js';
import { readOptions, sizeText } from './options.js';
import { createPlace, type Place } from './place.js';
import { Corpus } from './scale/corpus.js';
import { timingOf } from './timing.js';
import { type Memory, type Ran, runCommand } from './transfer/command.js';
import { writeGiven } from './transfer/given.js';

const HELP = `Imports a file of so many messages into an empty tenant with the program itself, once more, and exports it; prints rows per second, the memory
of the program and of the server's processes for it (the most in the first and the last quarter of the time, and the most), and how long get_stats takes.

  npm run bench:transfer -- [options]

  --engines LIST   embedded, postgres (both)
  --sizes LIST     messages in the file, such as 50k,1m (50k)
  --help           this text

RECOLLECT_TEST_DATABASE_URL names a PostgreSQL server of this machine to use instead of one that is started for the run.
`;
const TENANT = 'bench';
const SEED = 20_261;
const STATS_CALLS = 20;

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function measure(place: Place, size: number): Promise<void> {
  const folder = place.config.url === null ? join(place.config.dataDir, '..') : tmpdir();
  const [given, written] = [join(folder, 'given.jsonl'), join(folder, 'written.jsonl')];
  const columns = await prepared(place);
  await writeGiven(given, size, await Corpus.open(SEED), columns);
  note(`${place.engine}, ${sizeText(size)}: ${Math.round((await stat(given)).size / 1e6)} MB`);
  // Of a server that was started for the run, or one of this machine, the memory can be looked at.
  const watcher = place.config.url === null ? null : await place.connect();
  const pids = async () => {
    if (!watcher) return [];
    const { rows } = await watcher.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    return rows.map(({ pid }) => pid);
  };
  const row = (what: string, ran: Ran, rows: number) => {
    const rate = Math.round((rows / ran.ms) * 1000).toLocaleString('en');
    const seconds = (ran.ms / 1000).toFixed(1);
    print(`| ${place.engine} | ${sizeText(size)} | ${what} | ${seconds} | ${rate} | ${memory(ran.client)} | ${memory(ran.server)} |`);
  };
  try {
    const rows = 2 * size;
    row('import', await runCommand(['import', given, '--tenant', TENANT], place.env, pids), rows);
    await measureStats(place, size);
    row('import again', await runCommand(['import', given, '--tenant', TENANT], place.env, pids), rows);
    row('export', await runCommand(['export', '--out', written, '--tenant', TENANT], place.env, pids), rows);
    row('stats', await runCommand(['stats', '--tenant', TENANT], place.env, pids), 0);
  } finally {
    await watcher?.end();
  }
}

const memory = (used: Memory | null): string => (used ? `${used.first} / ${used.last} / ${used.peak}` : '');

async function prepared({ config }: Place): Promise<Map<string, string[]>> {
  const db = await openDatabase(config, createLog('error'));
  try {
    await migrateUp(db);
    await storeFor(db, { tenantId: TENANT });
    return await portableColumns(db);
  } finally {
    await db.close();
  }
}

/** In this process, the first call by itself: of the tenant, then of one user. */
async function measureStats({ engine, config }: Place, size: number): Promise<void> {
  const db = await openDatabase(config, createLog('error'));
  try {
    for (const user of [undefined, 'user-7']) {
      const store = await storeFor(db, { tenantId: TENANT });
      const times: number[] = [];
      for (let call = 0; call <= STATS_CALLS; call += 1) {
        const started = performance.now();
        const { messages } = await store.stats.summary({ user });
        times.push(performance.now() - started);
        if (messages === 0) throw new Error('Nothing was counted.');
      }
      const [first = 0, ...later] = times;
      const { median, p95 } = timingOf(later);
      const whose = user === undefined ? 'the tenant' : 'one user';
      print(
        `| ${engine} | ${sizeText(size)} | get_stats of ${whose}: first ${first.toFixed(0)} ms, p50 ${median.toFixed(1)}, p95 ${p95.toFixed(1)} | | | | |`,
      );
    }
  } finally {
    await db.close();
  }
}

try {
  const args = process.argv.slice(2);
  const options = args.includes('--help') ? null : readOptions(args.includes('--sizes') ? args : [...args, '--sizes', '50k']);
  if (!options) print(HELP);
  else {
    print('| engine | messages | what | s | rows/s | program, MB: first / last / most | server, MB |\n|---|---:|---|---:|---:|---:|---:|');
    for (const engine of options.engines)
      for (const size of options.sizes) {
        await using place = await createPlace(engine);
        await measure(place, size);
      }
  }
} catch (error) {
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
