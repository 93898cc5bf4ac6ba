import type { Statement } from '../../db/database.js';

/** By what names a person ($2) is known, in lower case: what was typed at sign-in is one of them. */
export const findIdentifiers: Statement = {
  name: 'erase_find_identifiers',
  text: `
select array(
  select lower(u.external_id) from users u where u.tenant_id = $1 and u.id = $2::uuid
  union select lower(k.username) from user_credentials k where k.tenant_id = $1 and k.user_id = $2::uuid
  union select lower(k.email) from user_credentials k where k.tenant_id = $1 and k.user_id = $2::uuid and k.email is not null
) as identifiers`,
};

/** Conversations under legal hold that a person ($2) is in: as its owner, as one who speaks in it, or by a memory that comes from it. */
export const findHolds: Statement = {
  name: 'erase_find_holds',
  text: `
select c.id, c.user_id is not distinct from $2::uuid as own
from conversations c
where c.tenant_id = $1 and c.legal_hold and (
  c.user_id = $2::uuid
  or exists (select from messages m where m.tenant_id = $1 and m.conversation_id = c.id and m.user_id = $2::uuid)
  or exists (
    select from episodic_memories e where e.tenant_id = $1 and e.user_id = $2::uuid and (
      e.conversation_id = c.id
      or exists (select from messages m where m.tenant_id = $1 and m.id = any(e.message_ids) and m.conversation_id = c.id))))
order by c.id`,
};

const attempts = `a.tenant_id = $1 and (
    lower(a.identifier) = any($3::text[])
    or a.credential_id in (select k.id from user_credentials k where k.tenant_id = $1 and k.user_id = $2::uuid))`;

const lockouts = `l.tenant_id = $1 and lower(l.identifier) = any($3::text[])`;

/** Everything by which a person ($2), known by the names $3, comes in, and what is noted of that. */
export const eraseAccess: Statement = {
  name: 'erase_access',
  text: `
with
tokens as (delete from api_tokens t where t.tenant_id = $1 and t.user_id = $2::uuid returning 1),
grants as (delete from oauth_grants g where g.tenant_id = $1 and g.user_id = $2::uuid returning 1),
attempts as (delete from user_login_attempts a where ${attempts} returning 1),
lockouts as (delete from user_login_lockouts l where ${lockouts} returning 1),
resets as (
  delete from password_reset_tokens r
  where r.tenant_id = $1 and r.credential_id in (select k.id from user_credentials k where k.tenant_id = $1 and k.user_id = $2::uuid)
  returning 1
),
credentials as (delete from user_credentials k where k.tenant_id = $1 and k.user_id = $2::uuid returning 1)
select (select count(*)::int from tokens) as api_tokens, (select count(*)::int from grants) as oauth_grants,
       (select count(*)::int from attempts) as user_login_attempts, (select count(*)::int from lockouts) as user_login_lockouts,
       (select count(*)::int from resets) as password_reset_tokens,
       (select count(*)::int from credentials) as user_credentials`,
};

export const eraseTasks: Statement = {
  name: 'erase_tasks',
  text: `
with
doomed as (select t.id from tasks t where t.tenant_id = $1 and t.user_id = $2::uuid limit $3::int),
removed as (delete from tasks t using doomed d where t.tenant_id = $1 and t.id = d.id returning 1)
select count(*)::int as tasks from removed`,
};

/**
 * Removes the events that name a person ($2, as actor $3) among the $6 after the place ($4, $5), and tells where that ended. They are
 * few, and no index finds them: what is left here was in conversations that went earlier. Plan: a range of `message_events_pk`.
 */
export const eraseEvents: Statement = {
  name: 'erase_events',
  text: `
with
passed as materialized (
  select e.xact_id, e.event_seq, e.user_id = $2::uuid or e.actor = $3 as doomed
  from message_events e
  where e.tenant_id = $1 and (e.xact_id, e.event_seq) > ($4::bigint, $5::bigint)
  order by e.xact_id, e.event_seq limit $6::int
),
removed as (
  delete from message_events e using passed p
  where p.doomed and e.tenant_id = $1 and e.xact_id = p.xact_id and e.event_seq = p.event_seq
  returning 1
)
select (select count(*)::int from removed) as message_events, (select count(*)::int from passed) as passed,
       l.xact_id::text as "xactId", l.event_seq::text as "eventSeq"
from (select 1) one left join lateral (select p.xact_id, p.event_seq from passed p order by p.xact_id desc, p.event_seq desc limit 1) l on true`,
};

const unusedSessions = `s.tenant_id = $1 and (s.user_id = $2::uuid or (s.user_id is null and not exists (
    select from conversations c where c.tenant_id = $1 and c.session_id = s.id)))`;
const unusedDevices = `d.tenant_id = $1 and not exists (select from conversations c where c.tenant_id = $1 and c.device_id = d.id)`;

export const freeSessions: Statement = {
  name: 'erase_free_sessions',
  text: `
update conversations c set session_id = null
where c.tenant_id = $1 and c.session_id in (select s.id from sessions s where s.tenant_id = $1 and s.user_id = $2::uuid)`,
};

/**
 * The last of a person ($2, called $3), after `lockCorpus`: the row itself, the statistics of what they could read, and the sessions and
 * devices that no conversation uses any more.
 */
export const eraseUser: Statement = {
  name: 'erase_user',
  text: `
with
sessions as (delete from sessions s where ${unusedSessions} returning 1),
devices as (delete from devices d where ${unusedDevices} returning 1),
terms as (delete from corpus_terms t where t.tenant_id = $1 and t.scope_id = $2::uuid returning 1),
totals as (delete from corpus_totals t where t.tenant_id = $1 and t.scope_id = $2::uuid),
changes as (delete from memory_graph_changes g where g.tenant_id = $1 and g.owner_id = $2::uuid returning 1),
days as (delete from message_days t where t.tenant_id = $1 and t.scope_id = $2::uuid),
active as (update tenants t set settings = t.settings - 'active_user' where t.id = $1 and t.settings ->> 'active_user' = $3),
removed as (delete from users u where u.tenant_id = $1 and u.id = $2::uuid returning 1)
select (select count(*)::int from sessions) as sessions, (select count(*)::int from devices) as devices,
       (select count(*)::int from changes) as memory_graph_changes, (select count(*)::int from removed) as users`,
};

/** What erasing a person ($2, known by the names $3, as actor $4) would remove, by table. */
export const countPerson: Statement = {
  name: 'erase_count_person',
  text: `
with
own as (select c.id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid),
said as (
  select m.id from messages m where m.tenant_id = $1 and m.conversation_id in (select id from own)
  union
  select m.id from messages m where m.tenant_id = $1 and m.user_id = $2::uuid
),
remembered as (select m.id from episodic_memories m where m.tenant_id = $1 and m.user_id = $2::uuid),
node as (select n.id from memory_graph_nodes n where n.tenant_id = $1 and n.owner_id = $2::uuid)
select
  (select count(*)::int from own) as conversations,
  (select count(*)::int from said) as messages,
  (select count(*)::int from message_assets a where a.tenant_id = $1 and a.message_id in (select id from said)) as message_assets,
  (select count(*)::int from message_vectors v where v.tenant_id = $1 and v.message_id in (select id from said)) as message_vectors,
  (select count(*)::int from message_events e
   where e.tenant_id = $1 and (e.conversation_id in (select id from own) or e.message_id in (select id from said) or e.user_id = $2::uuid or e.actor = $4)
  ) as message_events,
  (select count(*)::int from remembered) as episodic_memories,
  (select count(*)::int from memory_vectors v where v.tenant_id = $1 and (
     (v.subject_type = 'memory' and v.subject_id in (select id from remembered)) or (v.subject_type = 'node' and v.subject_id in (select id from node)))
  ) as memory_vectors,
  (select count(*)::int from node) as memory_graph_nodes,
  (select count(*)::int from memory_graph_node_versions v where v.tenant_id = $1 and v.node_id in (select id from node)) as memory_graph_node_versions,
  (select count(*)::int from memory_graph_observations o where o.tenant_id = $1 and o.node_id in (select id from node)) as memory_graph_observations,
  (select count(*)::int from memory_graph_edges e
   where e.tenant_id = $1 and (e.source_id in (select id from node) or e.target_id in (select id from node))) as memory_graph_edges,
  (select count(*)::int from memory_graph_changes g where g.tenant_id = $1 and g.owner_id = $2::uuid) as memory_graph_changes,
  (select count(*)::int from tasks t
   where t.tenant_id = $1 and (t.user_id = $2::uuid or (t.user_id is null and t.conversation_id in (select id from own)))) as tasks,
  (select count(*)::int from sessions s
   where s.tenant_id = $1 and (s.user_id = $2::uuid or (s.user_id is null and not exists (
     select from conversations c where c.tenant_id = $1 and c.session_id = s.id and c.user_id is distinct from $2::uuid)))) as sessions,
  (select count(*)::int from devices d
   where d.tenant_id = $1 and not exists (
     select from conversations c where c.tenant_id = $1 and c.device_id = d.id and c.user_id is distinct from $2::uuid)) as devices,
  (select count(*)::int from api_tokens t where t.tenant_id = $1 and t.user_id = $2::uuid) as api_tokens,
  (select count(*)::int from oauth_grants g where g.tenant_id = $1 and g.user_id = $2::uuid) as oauth_grants,
  (select count(*)::int from user_login_attempts a where ${attempts}) as user_login_attempts,
  (select count(*)::int from user_login_lockouts l where ${lockouts}) as user_login_lockouts,
  (select count(*)::int from password_reset_tokens r join user_credentials k on k.tenant_id = $1 and k.id = r.credential_id
   where r.tenant_id = $1 and k.user_id = $2::uuid) as password_reset_tokens,
  (select count(*)::int from user_credentials k where k.tenant_id = $1 and k.user_id = $2::uuid) as user_credentials,
  1 as users`,
};
