import { join } from 'node:path';
import { migrateUp } from '../src/db/migrate.js';
import { openDatabase } from '../src/db/open.js';
import { createLog } from '../src/log.js';
import { PACKAGE_FOLDER } from '../src/version.js';
import { measureCalls } from './calls.js';
import { load } from './load.js';
import { OPERATIONS } from './operations.js';
import { HELP, type Options, readOptions, sizeText } from './options.js';
import { createPlace, type Place } from './place.js';
import { isKept, type Row, tableOf, writeJson } from './report.js';
import { measureStartup } from './startup.js';

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function run(options: Options): Promise<Row[]> {
  const rows: Row[] = [];
  const operations = OPERATIONS.filter(({ name }) => options.only.has(name));
  for (const engine of options.engines) {
    note(`${engine}: preparing`);
    await using place = await createPlace(engine);
    const db = await openDatabase(place.config, createLog('error'));
    await migrateUp(db);
    await db.close();
    if (options.only.has('startup')) {
      note(`${engine}: starts`);
      rows.push(...(await measureStartup(place, options.quick ? 3 : 9)));
    }
    if (operations.length === 0) continue;
    for (const size of options.sizes) {
      await fill(place, size);
      note(`${engine}: calls, ${sizeText(size)} messages`);
      rows.push(
        ...(await measureCalls(place, size, operations, options.quick ? { samples: 40, warmUp: 10 } : { samples: 300, warmUp: 30 })),
      );
    }
  }
  return rows;
}

/** Loading is no part of what is measured, so it does not wait for the disk. */
async function fill(place: Place, size: number): Promise<void> {
  const db = await openDatabase({ ...place.config, durability: 'fast' }, createLog('error'));
  const client = await place.connect();
  try {
    await load(client, size, (text) => note(`${place.engine}: loading, ${text}`));
  } finally {
    await client.end();
    await db.close();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) {
    const rows = await run(options);
    const file = options.json ?? join(PACKAGE_FOLDER, 'bench', 'results', `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`);
    await writeJson(file, rows, options);
    process.stdout.write(`${tableOf(rows)}\n`);
    note(`Figures: ${file}`);
    if (rows.some((row) => isKept(row) === false)) process.exitCode = 1;
  } else process.stdout.write(HELP);
} catch (error) {
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
