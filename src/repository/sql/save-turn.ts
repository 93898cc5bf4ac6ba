import type { Statement } from '../../db/database.js';
import { DOCUMENTS, WHOLE_TENANT } from './corpus-documents.js';
import { jsonMerge } from './json-merge.js';
import { messageBytes } from './message-bytes.js';

/** A pause longer than this starts a new stretch of the conversation; recall does not look for neighbours across one. */
const STRETCH_PAUSE = `interval '6 hours'`;

/** Only the beginning of a very long message is indexed: a tsvector holds at most 1 MB. Its letters are composed, as those of queries are, however they were typed. */
export const INDEXED_CHARACTERS = 100_000;

/**
 * Saves up to 100 messages and everything around them in one statement.
 *
 * Why it is safe when many callers append to one conversation: the row lock of `continued` orders them, and its `set` reads
 * the newest counters; the messages take their numbers from what it returns, counting backwards from the new totals. All
 * other parts read the snapshot taken before the lock. Where that snapshot is too old (a message, conversation, user,
 * device or session that somebody else has just inserted) a unique constraint refuses the row, nothing is written, and the
 * statement is run again. It may also run again after a lost connection: ids come with the values, and a message whose id is
 * there already is answered, not inserted.
 *
 * Each message is put in the queue of what the statistics have not counted. Where an ownerless conversation gets its user, so
 * are those before it: they belong to the user's statistics from now on.
 *
 * Answers one row a message in the order given, or none when the conversation cannot be written to.
 *
 * Plan: index lookups only. `conversations_pk` or `conversations_conversation_key_idx` for the target, one probe
 * of `messages_client_message_id_key` and `messages_pk` a message; each inside a lateral with a limit, so that no plan can
 * read the whole conversation instead.
 */
export const saveTurn: Statement = {
  name: 'save_turn',
  retryOn: [
    'conversations_key_key',
    'conversations_pk',
    'messages_client_message_id_key',
    'messages_pk',
    'users_external_id_key',
    'devices_external_id_key',
    'sessions_external_id_key',
    // One that nobody used any more was removed at this moment: it is made again.
    'conversations_device_id_fk',
    'conversations_session_id_fk',
  ],
  text: `
with
turn as (
  select $1::text as tenant_id, $2::uuid as bound_user_id, $3::timestamptz as now, $4::text as actor, $5::uuid as new_id,
         $6::uuid as conversation_id, $7::text as conversation_key, $3::timestamptz - interval '1 minute' as minute_before, h.*
  from jsonb_to_record($8::jsonb) as h(
    "user" text, user_id uuid, device text, device_id uuid, session text, session_id uuid,
    platform text, chat_id text, title text, topic text, metadata jsonb)
),
input as (
  select * from jsonb_to_recordset($9::jsonb) as m(
    ord int, id uuid, role text, type text, author text, content jsonb, text text, tool_calls jsonb, tool_results jsonb,
    input_tokens int, output_tokens int, client_message_id text, metadata jsonb, created_at timestamptz, asset_count int, asset_bytes bigint)
),
target as (
  (select c.id, c.status, c.user_id from conversations c, turn t
   where t.conversation_key is null and c.tenant_id = $1 and c.id = coalesce($6::uuid, $5::uuid)
     and (t.bound_user_id is null or c.user_id = t.bound_user_id))
  union all
  (select c.id, c.status, c.user_id from conversations c, turn t
   where c.tenant_id = $1 and c.conversation_key = $7 and c.status = 'active'
     and (t.bound_user_id is null or c.user_id = t.bound_user_id)
   order by c.key_owner_id = coalesce(t.bound_user_id, '${WHOLE_TENANT}') desc, c.last_activity_at desc
   limit 1)
),
wanted as (select t.* from turn t where t.conversation_id is null or exists (select from target)),
known_user as (
  select u.id from users u, wanted w where w.bound_user_id is null and u.tenant_id = $1 and u.external_id = w."user"
),
new_user as (
  insert into users (tenant_id, id, external_id, last_seen_at, created_at, updated_at)
  select w.tenant_id, w.user_id, w."user", w.now, w.now, w.now
  from wanted w where w."user" is not null and w.bound_user_id is null and not exists (select from known_user)
  returning id
),
owner as (
  select w.bound_user_id as id from wanted w where w.bound_user_id is not null
  union all select id from known_user union all select id from new_user
),
known_device as (
  select d.id from devices d, wanted w where d.tenant_id = $1 and d.external_id = w.device
),
new_device as (
  insert into devices (tenant_id, id, external_id, platform, created_at, updated_at)
  select w.tenant_id, w.device_id, w.device, w.platform, w.now, w.now
  from wanted w where w.device is not null and not exists (select from known_device)
  returning id
),
device as (select id from known_device union all select id from new_device),
known_session as (
  select s.id from sessions s, wanted w where s.tenant_id = $1 and s.external_id = w.session
),
new_session as (
  insert into sessions (tenant_id, id, user_id, external_id, started_at, last_seen_at, created_at, updated_at)
  select w.tenant_id, w.session_id, (select id from owner), w.session, w.now, w.now, w.now, w.now
  from wanted w where w.session is not null and not exists (select from known_session)
  returning id
),
session as (select id from known_session union all select id from new_session),
known as (
  select i.ord, k.id, k.seq, k.created_at
  from target g cross join input i
  cross join lateral (
    (select m.id, m.seq, m.created_at from messages m
     where m.tenant_id = $1 and m.conversation_id = g.id and m.client_message_id = i.client_message_id limit 1)
    union all
    (select m.id, m.seq, m.created_at from messages m where m.tenant_id = $1 and m.id = i.id and m.conversation_id = g.id limit 1)
    limit 1
  ) k
),
fresh as (
  select i.*, f.n,
         count(*) filter (where f.opens) over later as turns_after,
         count(*) filter (where f.paused) over later as stretches_after
  from input i
  join (
    select i.ord, row_number() over w as n,
           i.role = 'user' and lag(i.role) over w <> 'user' as opens,
           i.created_at - lag(i.created_at) over w > ${STRETCH_PAUSE} as paused
    from input i where not exists (select from known k where k.ord = i.ord)
    window w as (order by i.ord)
  ) f on f.ord = i.ord
  window later as (order by f.n desc rows between unbounded preceding and 1 preceding)
),
total as (
  select count(*)::int as messages,
         coalesce(max(turns_after) filter (where n = 1), 0)::int as turns,
         coalesce(max(stretches_after) filter (where n = 1), 0)::int as stretches,
         max(role) filter (where n = 1) as first_role, max(created_at) filter (where n = 1) as first_at,
         (array_agg(role order by n desc))[1] as last_role, (array_agg(created_at order by n desc))[1] as last_at,
         coalesce(sum(input_tokens), 0)::bigint as input_tokens, coalesce(sum(output_tokens), 0)::bigint as output_tokens,
         coalesce(sum(${messageBytes('fresh', 'fresh.asset_bytes')}), 0)::bigint as bytes
  from fresh
),
ownerless as materialized (
  select m.id, m.user_id, m.words from target g cross join owner o
  cross join lateral (${DOCUMENTS.message.trim()} and m.conversation_id = g.id offset 0) m
  where g.user_id is null and o.id is not null
),
continued as (
  update conversations c set
    status = 'active', ended_at = null,
    user_id = coalesce(c.user_id, (select id from owner)),
    device_id = coalesce((select id from device), c.device_id),
    session_id = coalesce((select id from session), c.session_id),
    platform = coalesce(t.platform, c.platform), chat_id = coalesce(t.chat_id, c.chat_id),
    title = coalesce(t.title, c.title), topic = coalesce(t.topic, c.topic),
    metadata = case when t.metadata is null then c.metadata else ${jsonMerge('c.metadata', 't.metadata')} end,
    last_seq = c.last_seq + n.messages,
    message_count = c.message_count + n.messages,
    last_turn = c.last_turn + n.turns
      + case when n.messages > 0 and (c.last_role is null or (n.first_role = 'user' and c.last_role <> 'user')) then 1 else 0 end,
    last_stretch = c.last_stretch + n.stretches
      + case when n.messages > 0 and (c.last_message_at is null or n.first_at - c.last_message_at > ${STRETCH_PAUSE}) then 1 else 0 end,
    last_role = coalesce(n.last_role, c.last_role), last_message_at = coalesce(n.last_at, c.last_message_at),
    input_tokens = c.input_tokens + n.input_tokens, output_tokens = c.output_tokens + n.output_tokens,
    stored_bytes = c.stored_bytes + n.bytes,
    last_activity_at = greatest(c.last_activity_at, n.last_at), updated_at = t.now
  from target g, turn t, total n
  where c.tenant_id = $1 and c.id = g.id and c.status <> 'archived' and (t.conversation_key is null or c.status = 'active')
    and (c.status = 'active' or not exists (
      select from conversations o
      where o.tenant_id = $1 and o.conversation_key = c.conversation_key and o.key_owner_id = c.key_owner_id and o.status = 'active'))
  returning c.*
),
started as (
  insert into conversations (
    tenant_id, id, user_id, device_id, session_id, platform, chat_id, conversation_key, key_owner_id, title, topic, metadata,
    last_seq, message_count, last_turn, last_stretch, last_role, last_message_at, input_tokens, output_tokens, stored_bytes,
    started_at, last_activity_at, created_at, updated_at)
  select t.tenant_id, t.new_id, (select id from owner), (select id from device), (select id from session),
         t.platform, t.chat_id, t.conversation_key, coalesce(t.bound_user_id, '${WHOLE_TENANT}'), t.title, t.topic,
         case when t.metadata is null then '{}' else ${jsonMerge(`'{}'::jsonb`, 't.metadata')} end,
         n.messages, n.messages, n.turns + 1, n.stretches + 1, n.last_role, n.last_at, n.input_tokens, n.output_tokens, n.bytes,
         n.first_at, n.last_at, t.now, t.now
  from turn t, total n
  where t.conversation_id is null and not exists (select from target)
  returning *
),
conversation as (select * from continued union all select * from started),
seen as (
  update users u set last_seen_at = t.now
  from turn t
  -- Under a policy a column in coalesce(…) is not looked up in an index; in case it is.
  where u.tenant_id = $1 and u.id = case when t.bound_user_id is null then (select id from known_user) else t.bound_user_id end
    and (u.last_seen_at is null or u.last_seen_at < t.minute_before)
),
language as (select n.text_search_config::regconfig as config from tenants n where n.id = $1),
numbered as (
  select f.*, c.id as conversation_id, c.user_id as owner_id,
         c.last_seq - n.messages + f.n as seq, c.last_turn - f.turns_after as turn, c.last_stretch - f.stretches_after as stretch
  from fresh f cross join total n cross join conversation c
),
saved as (
  insert into messages (
    tenant_id, id, conversation_id, user_id, seq, turn, stretch, author, role, type, content, text, tool_calls, tool_results,
    input_tokens, output_tokens, client_message_id, metadata, asset_count, search, created_at, updated_at)
  select $1, m.id, m.conversation_id, coalesce((select id from owner), m.owner_id), m.seq, m.turn, m.stretch, m.author, m.role, m.type,
         m.content, m.text, m.tool_calls, m.tool_results, m.input_tokens, m.output_tokens, m.client_message_id, m.metadata, m.asset_count,
         to_tsvector((select config from language), normalize(left(m.text, ${INDEXED_CHARACTERS}))), m.created_at, $3
  from numbered m
),
assets as (
  insert into message_assets (tenant_id, id, message_id, conversation_id, name, mime_type, size, sha256, uri, bytes, created_at, updated_at)
  select $1, a.id, a.message_id, m.conversation_id, a.name, a.mime_type, a.size, a.sha256, a.uri, decode(a.data, 'base64'), m.created_at, $3
  from jsonb_to_recordset($10::jsonb) as a(
    id uuid, message_id uuid, name text, mime_type text, size bigint, sha256 text, uri text, data text)
  join numbered m on m.id = a.message_id
),
vectors as (
  insert into message_vectors (tenant_id, id, message_id, conversation_id, provider, model, dimensions, embedding, created_at, updated_at)
  select $1, v.id, v.message_id, m.conversation_id, v.provider, v.model, jsonb_array_length(v."values"),
         array(select e.value::real from jsonb_array_elements_text(v."values") with ordinality e(value, at) order by e.at), $3, $3
  from jsonb_to_recordset($11::jsonb) as v(id uuid, message_id uuid, provider text, model text, "values" jsonb)
  join numbered m on m.id = v.message_id
),
counted as (
  insert into corpus_changes (tenant_id, source, subject_id, user_id) select $1, 'message', m.id, m.owner_id from numbered m order by m.n
),
adopted as (select b.id, b.user_id, b.words from ownerless b cross join continued k where k.user_id is not null),
unread as (
  delete from corpus_changes x using adopted a
  where x.tenant_id = $1 and x.source = 'message' and x.subject_id = a.id and x.removed is null
  returning x.subject_id
),
recounted as (
  insert into corpus_changes (tenant_id, source, subject_id, user_id, removed)
  select $1, 'message', a.id, a.user_id, array_to_tsvector(a.words) from adopted a where not exists (select from unread u where u.subject_id = a.id)
  union all
  select $1, 'message', a.id, (select id from owner), null from adopted a
),
noted as (
  insert into message_events (tenant_id, conversation_id, message_id, user_id, type, actor, before, after, occurred_at)
  select $1, e.conversation_id, e.message_id, e.user_id, e.type, t.actor, e.before, e.after, t.now
  from turn t, (
    select 0 as at, s.id as conversation_id, null::uuid as message_id, s.user_id, 'created' as type,
           null::jsonb as before, jsonb_build_object('status', s.status) as after
    from started s
    union all
    select 1, c.id, null, c.user_id, 'status_changed', jsonb_build_object('status', g.status), jsonb_build_object('status', 'active')
    from continued c join target g on g.status <> 'active'
    union all
    select 1 + m.n, m.conversation_id, m.id, m.owner_id, 'created', null, jsonb_build_object('seq', m.seq, 'turn', m.turn, 'role', m.role)
    from numbered m
    order by at
  ) e
)
select c.id as "conversationId", c.id = $5::uuid as created, c.message_count as "messageCount",
       (c.input_tokens + c.output_tokens)::float8 as "totalTokens",
       coalesce(k.id, i.id) as id, coalesce(k.seq, m.seq)::int as seq, coalesce(k.created_at, i.created_at) as "createdAt",
       k.id is not null and k.id <> i.id as deduplicated
from conversation c cross join input i
left join known k on k.ord = i.ord
left join numbered m on m.ord = i.ord
order by i.ord`,
};
