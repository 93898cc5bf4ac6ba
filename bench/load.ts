import type pg from 'pg';
import { createGinIndex } from '../migrations/gin-index.js';

const CHUNK = 50_000;
const WORDS = 'the a to and I you it that was of in for on is we my with have just so be this do what me but really think about like'
  .split(' ')
  .concat(
    'garden ticket harbour recipe museum bicycle laptop invoice holiday dentist guitar novel puppy mortgage passport marathon orchid kettle'.split(
      ' ',
    ),
    'planted booked visited cooked repaired painted postponed finished remembered forgot bought borrowed promised yesterday tomorrow weekend'.split(
      ' ',
    ),
  );

/** The tenant whose one conversation has `size` messages. */
export const tenantOf = (size: number): string => `bench-${size}`;

/** Its conversation. */
export const conversationOf = (size: number): string => idOf(0, size);

const idOf = (kind: number, at: number): string => `0190000${kind}-0000-7000-8000-${at.toString(16).padStart(12, '0')}`;

/**
 * Fills a tenant with one conversation of `size` messages and their events, as if they had been saved, with counters that are
 * right. Foreign keys are not looked up and the full-text index is built at the end: ten times as fast.
 */
export async function load(client: pg.Client, size: number, progress: (text: string) => void): Promise<void> {
  const tenant = tenantOf(size);
  const big = size > 5_000;
  await client.query('set session_replication_role = replica');
  if (big) await client.query('drop index messages_search_idx');
  await client.query('insert into tenants (id, name) values ($1, $1)', [tenant]);
  await client.query(
    `insert into conversations (tenant_id, id, conversation_key, title, last_seq, message_count, last_turn, last_stretch, last_role,
       last_message_at, last_activity_at, started_at, input_tokens, output_tokens)
     values ($1, $2, 'bench', 'Bench', $3, $3, $3 / 2, 1, 'assistant', $4, $4, '2024-01-01', $3::bigint * 10, $3::bigint * 15)`,
    [tenant, conversationOf(size), size, new Date(Date.UTC(2024, 0, 1) + size * 60_000)],
  );
  for (let first = 1; first <= size; first += CHUNK) {
    const last = Math.min(first + CHUNK - 1, size);
    await client.query(INSERT_MESSAGES, [tenant, conversationOf(size), first, last, WORDS]);
    progress(`${last.toLocaleString('en')} of ${size.toLocaleString('en')} messages`);
  }
  if (big) {
    progress('full-text index');
    await client.query("set maintenance_work_mem = '128MB'");
    await client.query(createGinIndex('messages', 'search'));
  }
  await client.query('reset session_replication_role');
  progress('analyze');
  await client.query('analyze');
  await client.query('checkpoint');
}

const INSERT_MESSAGES = `
with spoken as (
  select n as seq, (n + 1) / 2 as turn, case when n % 2 = 1 then 'user' else 'assistant' end as role,
         (select string_agg(($5::text[])[1 + (n * 31 + w * w * 17 + w * (n % 97)) % cardinality($5::text[])], ' ') from generate_series(1, 16 + n % 9) w) as text,
         timestamptz '2024-01-01' + n * interval '1 minute' as at,
         (lpad(to_hex(1704067200000 + n::bigint * 60000), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid as id
  from generate_series($3::int, $4::int) n
),
saved as (
  insert into messages (tenant_id, id, conversation_id, seq, turn, author, role, content, text, client_message_id, input_tokens, output_tokens,
    search, created_at, updated_at)
  select $1, id, $2, seq, turn, initcap(role), role, to_jsonb(text), text, 'loaded-' || seq,
         case when role = 'user' then 20 end, case when role = 'assistant' then 30 end, to_tsvector('english', text), at, at
  from spoken
)
insert into message_events (tenant_id, conversation_id, message_id, type, actor, after, occurred_at)
select $1, $2, id, 'created', 'service', jsonb_build_object('seq', seq, 'turn', turn, 'role', role), at
from spoken order by seq`;
