import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { migrateUp } from '../src/db/migrate.js';
import { openDatabase } from '../src/db/open.js';
import { newId } from '../src/ids.js';
import { createLog } from '../src/log.js';
import { portableColumns } from '../src/repository/portable-reader.js';
import { checkFile } from '../src/services/transfer/check-file.js';
import { exportTenant } from '../src/services/transfer/export-tenant.js';
import { TENANT_FILE } from '../src/services/transfer/format.js';
import { importTenant } from '../src/services/transfer/import-tenant.js';
import { FileWriter } from '../src/services/transfer/write-file.js';
import { storeFor } from '../test/support/store.js';
import { readOptions, sizeText } from './options.js';
import { createPlace, type Place } from './place.js';

const HELP = `Writes a file of so many messages, reads it into an empty tenant, and writes it out again; prints rows per second and the most memory.

  npm run bench:transfer -- [options]

  --engines LIST   embedded, postgres (both)
  --sizes LIST     messages in the file, such as 50k,1m (50k)
  --help           this text
`;
const PER_CONVERSATION = 50;
const WORDS = 'anchor harbour sail wind rope deck captain chart tide island voyage storm lantern compass crew galley mast keel'.split(' ');
const TENANT = 'bench';

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

type Ran = { ms: number; rows: number; peakMb: number };

/** Runs `work` and looks at the memory of the process meanwhile, the embedded engine's included. */
async function measured(work: () => Promise<Record<string, number>>): Promise<Ran> {
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  const started = performance.now();
  const rows = await work();
  const ms = performance.now() - started;
  clearInterval(look);
  return { ms, rows: Object.values(rows).reduce((sum, count) => sum + count, 0), peakMb: Math.round(peak / 1024 ** 2) };
}

async function measure(place: Place, size: number): Promise<void> {
  const db = await openDatabase(place.config, createLog('error'));
  const folder = place.config.url === null ? place.config.dataDir : tmpdir();
  const [given, written] = [join(folder, 'given.jsonl'), join(folder, 'written.jsonl')];
  try {
    await migrateUp(db);
    const store = await storeFor(db, { tenantId: TENANT, role: 'system' });
    await writeGiven(given, size, await portableColumns(db));
    const base = Math.round(process.memoryUsage.rss() / 1024 ** 2);
    note(`${place.engine}, ${sizeText(size)}: ${Math.round((await stat(given)).size / 1e6)} MB`);
    const taken = await measured(async () => {
      const { report } = await importTenant(store, createReadStream(given, { highWaterMark: 256 * 1024 }));
      return Object.fromEntries(Object.entries(report.rows).map(([type, { added }]) => [type, added]));
    });
    const out = createWriteStream(written);
    const given2 = await measured(() =>
      exportTenant(store, {
        choice: {},
        sink: (text) => new Promise((resolve, reject) => out.write(text, (error) => (error ? reject(error) : resolve()))),
      }),
    );
    await new Promise((resolve) => out.end(resolve));
    const started = performance.now();
    await checkFile(written);
    const checkMs = performance.now() - started;
    const rate = ({ rows, ms }: Ran) => Math.round((rows / ms) * 1000).toLocaleString('en');
    print(
      `| ${place.engine} | ${sizeText(size)} | ${taken.rows.toLocaleString('en')} | ${rate(taken)} | ${taken.peakMb} | ${rate(given2)} | ${given2.peakMb} | ${base} | ${Math.round(checkMs)} |`,
    );
  } finally {
    await db.close();
  }
}

/** A file as an export would write it: conversations of fifty messages, each with its event. */
async function writeGiven(file: string, size: number, columns: Map<string, string[]>): Promise<void> {
  const parts: string[] = [];
  const writer = new FileWriter(async (text) => void parts.push(text));
  async function* lines(): AsyncGenerator<string> {
    await writer.header(TENANT_FILE, new Map(['user', 'conversation', 'message', 'event'].map((type) => [type, columns.get(type) ?? []])));
    const at = '2026-01-01T00:00:00+00:00';
    const times = { created_at: at, updated_at: at };
    const user = newId();
    const add = (type: string, row: object) => writer.row(type, JSON.stringify(row));
    await add('user', { id: user, external_id: 'anna', profile: {}, documents: {}, metadata: {}, ...times });
    for (let made = 0; made < size; made += PER_CONVERSATION) {
      const id = newId();
      await add('conversation', {
        ...{ id, user_id: user, key_owner_id: '00000000-0000-0000-0000-000000000000', status: 'active', metadata: {}, legal_hold: false },
        ...{ last_seq: PER_CONVERSATION, last_turn: 25, last_stretch: 1, last_role: 'assistant', message_count: PER_CONVERSATION },
        ...{ input_tokens: 0, output_tokens: 0, stored_bytes: 0, started_at: at, last_activity_at: at, last_message_at: at, ...times },
      });
      const messages = Array.from({ length: PER_CONVERSATION }, () => newId());
      for (const [seq, message] of messages.entries()) {
        const text = Array.from({ length: 30 }, (_, word) => WORDS[(made * 7 + seq * 13 + word * (seq + 3)) % WORDS.length]).join(' ');
        await add('message', {
          ...{ id: message, conversation_id: id, seq: seq + 1, turn: (seq >> 1) + 1, stretch: 1, user_id: user },
          ...{ role: seq % 2 === 0 ? 'user' : 'assistant', type: 'text', status: 'sent', content: text, text },
          ...{ asset_count: 0, metadata: {}, ...times },
        });
      }
      for (const [seq, message] of messages.entries())
        await add('event', {
          conversation_id: id,
          message_id: message,
          user_id: user,
          type: 'created',
          actor: 'service',
          after: { seq: seq + 1 },
          occurred_at: at,
        });
      yield parts.splice(0).join('');
    }
    await writer.end();
    yield parts.splice(0).join('');
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

try {
  const args = process.argv.slice(2);
  const options = args.includes('--help') ? null : readOptions(args.includes('--sizes') ? args : [...args, '--sizes', '50k']);
  if (!options) print(HELP);
  else {
    print('| engine | messages | rows | import rows/s | peak MB | export rows/s | peak MB | before MB | check ms |');
    print('|---|---:|---:|---:|---:|---:|---:|---:|---:|');
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
