import type pg from 'pg';
import { createGinIndex } from '../migrations/gin-index.js';
import { migrateUp } from '../src/db/migrate.js';
import { openDatabase } from '../src/db/open.js';
import { createLog } from '../src/log.js';
import type { RetentionCounts } from '../src/repository/retention/retention-counts.js';
import { NO_POLICY } from '../src/repository/retention/retention-policy.js';
import { messageBytes } from '../src/repository/sql/message-bytes.js';
import type { Store } from '../src/repository/store.js';
import { storeFor } from '../test/support/store.js';
import { readOptions, sizeText } from './options.js';
import { createPlace, type Place } from './place.js';
import { Corpus, conversationId, PER_CONVERSATION, TENANT } from './scale/corpus.js';
import { load } from './scale/load.js';
import { type Timing, timingOf } from './timing.js';
import { newTurn } from './workload.js';

const HELP = `Fills one tenant, lets three tenths of its messages fall due, and measures how fast retention removes them, what a concurrent
save_turn feels of it, and how soon it stops when told to.

  npm run bench:retention -- [options]

  --engines LIST   embedded, postgres (both)
  --sizes LIST     messages in the tenant, such as 50k,1m (1m)
  --help           this text
`;
const SEED = 20_260;
/** So many messages are made up; more of them repeat these. */
const BASE = 20_000;
const DUE = 0.3;
const DAYS = 30;
const HOUR = 3_600_000;
const QUIET_SAVES = 300;

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function measure(place: Place, size: number): Promise<void> {
  await fill(place, size);
  const conversations = size / PER_CONVERSATION;
  // Conversations begin an hour apart and each takes some days; the first of them are due.
  const cutoff = Date.UTC(2023, 0, 1) + DUE * conversations * HOUR;
  const clock = () => new Date(cutoff + DAYS * 24 * HOUR);
  const db = await openDatabase(place.config, createLog('error'));
  const other = await openDatabase(place.config, createLog('error'));
  try {
    const policy = { ...NO_POLICY, retention: { ...NO_POLICY.retention, message_retention_days: DAYS } };
    const store = await storeFor(db, { tenantId: TENANT, role: 'system', clock, policy });
    const writer = await storeFor(other, { tenantId: TENANT });
    const { counts: due } = await store.retention.runRetention({ dryRun: true });
    note(`${place.engine}: ${due.messagesExpired} of ${size} messages are due`);
    await save(writer, conversations, () => false, 50);
    const quiet = timingOf(await save(writer, conversations, () => false, QUIET_SAVES));

    const third = due.messagesExpired / 3;
    let stopMs = 0;
    const until = async (most: number, quick: boolean) => {
      const stop = new AbortController();
      let told = 0;
      const progress = ({ messagesExpired }: Readonly<RetentionCounts>) => {
        if (messagesExpired < most || stop.signal.aborted) return;
        told = performance.now();
        stop.abort();
      };
      const ran = await timed(() => store.retention.runRetention({ quick, signal: stop.signal, progress }));
      stopMs = Math.max(stopMs, performance.now() - told);
      return ran;
    };
    const quick = await until(third, true);
    const alone = await until(third, false);

    let running = true;
    const saving = save(writer, conversations, () => !running, Number.POSITIVE_INFINITY);
    const beside = await timed(() => store.retention.runRetention());
    running = false;
    const busy = timingOf(await saving);
    report(place, size, { quick, alone, beside, quiet, busy, stopMs });
  } finally {
    await Promise.all([db.close(), other.close()]);
  }
}

type Ran = { messages: number; ms: number };

async function timed(run: () => ReturnType<Store['retention']['runRetention']>): Promise<Ran> {
  const started = performance.now();
  const { counts } = await run();
  return { messages: counts.messagesExpired, ms: performance.now() - started };
}

/** Saves one turn after the other, to any of the conversations that are left, and times each. */
async function save(store: Store, conversations: number, isOver: () => boolean, most: number): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < most && !isOver(); at += 1) {
    const conversation = conversations - 1 - ((at * 7919) % Math.floor(conversations * (1 - DUE) - 200));
    const started = performance.now();
    await store.turns.save(newTurn(conversationId(conversation)));
    times.push(performance.now() - started);
  }
  return times;
}

function report(
  { engine }: Place,
  size: number,
  { quick, alone, beside, quiet, busy, stopMs }: { quick: Ran; alone: Ran; beside: Ran; quiet: Timing; busy: Timing; stopMs: number },
): void {
  const rate = ({ messages, ms }: Ran) => Math.round((messages / ms) * 1000).toLocaleString('en');
  const time = ({ median, p95 }: Timing) => `${median.toFixed(2)} / ${p95.toFixed(2)}`;
  print(
    `| ${engine} | ${sizeText(size)} | ${quick.messages + alone.messages + beside.messages} | ${rate(quick)} | ${rate(alone)} | ${rate(beside)} | ${time(quiet)} | ${time(busy)} (${(busy.p95 / quiet.p95).toFixed(2)}×) | ${stopMs.toFixed(0)} |`,
  );
}

async function fill(place: Place, size: number): Promise<void> {
  const db = await openDatabase({ ...place.config, durability: 'fast' }, createLog('error'));
  await migrateUp(db);
  const client = await place.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('set synchronous_commit = off');
    const progress = (text: string) => note(`${place.engine}, ${sizeText(size)}: ${text}`);
    const base = Math.min(size, BASE);
    await load(db, client, await Corpus.open(SEED), { from: 0, size: base }, progress);
    await multiply(client, base, size);
    progress('events and counters');
    await complete(client);
  } finally {
    await client.end();
    await db.close();
  }
}

/** The same conversations again and again, each time later. */
async function multiply(client: pg.Client, base: number, size: number): Promise<void> {
  if (size === base) return;
  if (size % base !== 0) throw new Error(`More than ${sizeText(BASE)} messages have to be a multiple of that.`);
  await client.query('set session_replication_role = replica');
  await client.query('drop index messages_search_idx');
  const shifted = (id: string, by: string) =>
    `overlay(${id}::text placing lpad(to_hex(('x' || right(${id}::text, 8))::bit(32)::int + ${by}), 8, '0') from 29 for 8)::uuid`;
  await client.query(
    `insert into conversations (tenant_id, id, user_id, title, last_seq, message_count, last_turn, last_stretch, last_role, last_message_at,
       last_activity_at, started_at)
     select c.tenant_id, ${shifted('c.id', 'n.n * $1::int')}, c.user_id, c.title, c.last_seq, c.message_count, c.last_turn, c.last_stretch, c.last_role,
       c.last_message_at + n.n * $1::int * interval '1 hour', c.last_activity_at + n.n * $1::int * interval '1 hour',
       c.started_at + n.n * $1::int * interval '1 hour'
     from conversations c cross join generate_series(1, $2::int) n(n) where c.tenant_id = '${TENANT}'`,
    [base / PER_CONVERSATION, size / base - 1],
  );
  await client.query('create temporary table original as select * from messages');
  for (let times = 1; times < size / base; times += 1)
    await client.query(
      `insert into messages (tenant_id, id, conversation_id, user_id, seq, turn, stretch, author, role, content, text, search, created_at, updated_at)
       select m.tenant_id, ${shifted('m.id', '$1::int')}, ${shifted('m.conversation_id', '$2::int')}, m.user_id, m.seq, m.turn, m.stretch, m.author, m.role,
         m.content, m.text, m.search, m.created_at + $2::int * interval '1 hour', m.updated_at + $2::int * interval '1 hour'
       from original m order by m.id`,
      [times * base, (times * base) / PER_CONVERSATION],
    );
  await client.query('drop table original');
  await client.query("set maintenance_work_mem = '128MB'");
  await client.query(createGinIndex('messages', 'search'));
  await client.query('reset session_replication_role');
  await client.query('vacuum analyze messages');
}

/** What saving would have left beside the messages. */
async function complete(client: pg.Client): Promise<void> {
  await client.query(`
    update conversations c set stored_bytes = b.bytes
    from (select m.conversation_id, sum(${messageBytes('m')})::bigint as bytes from messages m where m.tenant_id = '${TENANT}' group by 1) b
    where c.tenant_id = '${TENANT}' and c.id = b.conversation_id`);
  await client.query(`
    insert into message_events (tenant_id, conversation_id, message_id, user_id, type, actor, after, occurred_at)
    select m.tenant_id, m.conversation_id, m.id, m.user_id, 'created', 'service', jsonb_build_object('seq', m.seq, 'turn', m.turn, 'role', m.role), m.created_at
    from messages m where m.tenant_id = '${TENANT}' order by m.id`);
  await client.query('vacuum analyze conversations');
  await client.query('vacuum analyze message_events');
  await client.query('checkpoint');
}

try {
  const args = process.argv.slice(2);
  const options = args.includes('--help') ? null : readOptions(args.includes('--sizes') ? args : [...args, '--sizes', '1m']);
  if (!options) process.stdout.write(HELP);
  else {
    print(
      '| engine | messages | removed | rows/s as the command | rows/s as the job | beside saving | save_turn p50 / p95 ms | meanwhile | stopped after ms |',
    );
    print('|---|---:|---:|---:|---:|---:|---:|---:|---:|');
    for (const engine of options.engines) {
      for (const size of options.sizes) {
        await using place = await createPlace(engine);
        await measure(place, size);
      }
    }
  }
} catch (error) {
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
