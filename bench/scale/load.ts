import type pg from 'pg';
import { createGinIndex } from '../../migrations/gin-index.js';
import type { Database } from '../../src/db/database.js';
import { CorpusFolder } from '../../src/repository/corpus-folder.js';
import { type Corpus, conversationId, messageId, PER_CONVERSATION, TENANT, USERS, userId, userOf } from './corpus.js';

const CHUNK = 5_000;

export type Loaded = Readonly<{ indexMs: number; statisticsMs: number }>;

/** Fills the tenant up to `size` messages as if they had been saved, and builds the index of words and their statistics. */
export async function load(
  db: Database,
  client: pg.Client,
  corpus: Corpus,
  { from, size }: { from: number; size: number },
  progress: (text: string) => void,
): Promise<Loaded> {
  await client.query('set session_replication_role = replica');
  await client.query('drop index if exists messages_search_idx');
  if (from === 0) await loadPeople(client);
  await client.query(INSERT_CONVERSATIONS, [
    TENANT,
    ...columns(range(from / PER_CONVERSATION, size / PER_CONVERSATION), (at) => [
      conversationId(at),
      userId(at % USERS),
      new Date(corpus.message(at * PER_CONVERSATION + PER_CONVERSATION - 1).time),
    ]),
  ]);
  for (let first = from; first < size; first += CHUNK) {
    const said = range(first, Math.min(first + CHUNK, size)).map((at) => corpus.message(at));
    const rows = columns(said, ({ at, conversation, seq, stretch, author, text, time }) => [
      messageId(at),
      conversationId(conversation),
      userId(conversation % USERS),
      seq,
      stretch,
      author,
      text,
      time,
    ]);
    await client.query(INSERT_MESSAGES, [TENANT, ...rows]);
    if ((first / CHUNK) % 20 === 19) progress(`${(first + CHUNK).toLocaleString('en')} messages`);
  }
  progress('index of words');
  const indexing = performance.now();
  await client.query("set maintenance_work_mem = '128MB'");
  await client.query(createGinIndex('messages', 'search'));
  const indexMs = performance.now() - indexing;
  await client.query('reset session_replication_role');
  progress('statistics of words');
  const counting = performance.now();
  await new CorpusFolder(db, () => new Date()).rebuild(TENANT);
  const statisticsMs = performance.now() - counting;
  await client.query('vacuum analyze messages');
  await client.query('analyze');
  await client.query('checkpoint');
  return { indexMs, statisticsMs };
}

async function loadPeople(client: pg.Client): Promise<void> {
  await client.query('insert into tenants (id, name) values ($1, $1)', [TENANT]);
  await client.query(
    `insert into users (tenant_id, id, external_id, profile) select $1, id, name, '{"likes": "tea"}' from unnest($2::uuid[], $3::text[]) u(id, name)`,
    [TENANT, ...columns(range(0, USERS), (at) => [userId(at), userOf(at)])],
  );
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** Rows as one array a column. */
function columns<T>(items: readonly T[], row: (item: T) => unknown[]): unknown[][] {
  const rows = items.map(row);
  return (rows[0] ?? []).map((_, column) => rows.map((values) => values[column]));
}

const INSERT_CONVERSATIONS = `
insert into conversations (tenant_id, id, user_id, title, last_seq, message_count, last_turn, last_stretch, last_role, last_message_at,
  last_activity_at, started_at)
select $1, id, user_id, 'Conversation', ${PER_CONVERSATION}, ${PER_CONVERSATION}, ${PER_CONVERSATION / 2}, 5, 'assistant', at, at, at
from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) c(id, user_id, at)`;

const INSERT_MESSAGES = `
insert into messages (tenant_id, id, conversation_id, user_id, seq, turn, stretch, author, role, content, text, search, created_at, updated_at)
select $1, id, conversation_id, user_id, seq, (seq + 1) / 2, stretch, author, case when seq % 2 = 1 then 'user' else 'assistant' end,
       to_jsonb(text), text, to_tsvector('english', text), at, at
from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::text[], $8::text[], $9::timestamptz[])
  m(id, conversation_id, user_id, seq, stretch, author, text, at)`;
