import { migrateUp } from '../../src/db/migrate.js';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { type Options, readOptions, sizeText } from '../options.js';
import { createPlace, type Place } from '../place.js';
import { Corpus } from './corpus.js';
import { load } from './load.js';
import { type Measured, measureReads, measureSizes, measureWrites } from './measure.js';

const HELP = `Fills one tenant and measures recall, search_messages, get_context and save_turn in this process, and what the index and statistics of words cost.

  npm run bench:scale -- [options]

  --engines LIST   embedded, postgres (both)
  --sizes LIST     messages in the tenant, such as 10k,100k,1m (10k,100k,1m)
  --quick          fewer samples
  --help           this text

RECOLLECT_TEST_DATABASE_URL names a PostgreSQL server to use instead of one that is started for the run.
`;
const SEED = 20_260;

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const ms = (time: number): string => (time < 10 ? time.toFixed(2) : time.toFixed(1));

async function run({ engines, sizes, quick }: Options): Promise<void> {
  print('| engine | messages | what | p50 ms | p95 ms |\n|---|---:|---|---:|---:|');
  for (const engine of engines) {
    await using place = await createPlace(engine);
    let from = 0;
    for (const size of sizes) {
      await measureSize(place, { from, size, last: size === sizes.at(-1) }, quick ? 60 : 200);
      from = size;
    }
  }
}

async function measureSize(
  place: Place,
  { from, size, last }: { from: number; size: number; last: boolean },
  count: number,
): Promise<void> {
  const loading = await openDatabase({ ...place.config, durability: 'fast' }, createLog('error'));
  if (from === 0) await migrateUp(loading);
  const loader = await place.connect();
  const progress = (text: string) => note(`${place.engine}, ${sizeText(size)}: ${text}`);
  const { indexMs, statisticsMs } = await load(loading, loader, await Corpus.open(SEED + from), { from, size }, progress).finally(
    async () => {
      await loader.end();
      await loading.close();
    },
  );

  const db = await openDatabase(place.config, createLog('error'));
  const client = await place.connect();
  try {
    progress('measuring');
    const row = ({ what, timing: { median, p95 } }: Measured) =>
      print(`| ${place.engine} | ${sizeText(size)} | ${what} | ${ms(median)} | ${ms(p95)} |`);
    for (const measured of await measureReads(db, await Corpus.open(SEED + 1), size, count)) row(measured);
    const sizes = Object.entries(await measureSizes(client)).map(([what, bytes]) => `${what} ${(bytes / 1024 ** 2).toFixed(1)} MB`);
    print(`| ${place.engine} | ${sizeText(size)} | ${sizes.join(', ')} | | |`);
    print(
      `| ${place.engine} | ${sizeText(size)} | index built in ${(indexMs / 1000).toFixed(1)} s, statistics in ${(statisticsMs / 1000).toFixed(1)} s | | |`,
    );
    // The last of these has no index of words any more.
    if (last) for (const measured of await measureWrites(db, client, await Corpus.open(SEED + 2), count)) row(measured);
  } finally {
    await client.end();
    await db.close();
  }
}

try {
  const args = process.argv.slice(2);
  const options = args.includes('--help') ? null : readOptions(args.includes('--sizes') ? args : [...args, '--sizes', '10k,100k,1m']);
  if (options) await run(options);
  else process.stdout.write(HELP);
} catch (error) {
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
