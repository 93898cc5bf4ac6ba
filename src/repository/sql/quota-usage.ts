import type { Statement } from '../../db/database.js';

/** What memories take, superseded and deleted ones too. Plan: one scan of them. */
const memoryBytes = `(
  select coalesce(sum(octet_length(m.content) + coalesce(octet_length(m.title), 0) + octet_length(m.metadata::text)), 0)
  from episodic_memories m where m.tenant_id = $1)`;

/** What a tenant has stored: of messages by what its conversations count themselves. Plan: one scan of them, and one of its memories. */
export const storedInTenant: Statement = {
  name: 'stored_in_tenant',
  text: `
select coalesce(sum(c.message_count), 0)::float8 as messages, (coalesce(sum(c.stored_bytes), 0) + ${memoryBytes})::float8 as bytes
from conversations c where c.tenant_id = $1`,
};

/**
 * The settings of a tenant and what it has stored, where it or the configuration ($2) has a quota. Plan: a probe of
 * `tenants_pk`; with a quota one scan of the tenant's conversations, which keep the sums, and one of its memories.
 */
export const tenantUsage: Statement = {
  name: 'tenant_usage',
  text: `
select t.settings,
       case when $2::boolean or t.settings ? 'quotas' then (
         select jsonb_build_object('messages', coalesce(sum(c.message_count), 0), 'bytes', coalesce(sum(c.stored_bytes), 0) + ${memoryBytes})
         from conversations c where c.tenant_id = $1) end as used
from tenants t where t.id = $1`,
};

/** The tokens a message stands for: those that were given, else the estimate of `tokensOf`. */
const tokens = `case when m.input_tokens is null and m.output_tokens is null then 4 + ceil(octet_length(m.text) / 4.0)
    else coalesce(m.input_tokens, 0) + coalesce(m.output_tokens, 0) end`;

/**
 * The tokens of a user's messages from $6 to $7, removed ones aside: of the user $2, or of the one with the external id $3, or else
 * of the one whose conversation has the id $4, or is the active one with the key $5. No row where there is none. Plan: a range of
 * `messages_user_id_idx`.
 */
export const userTokens: Statement = {
  name: 'user_tokens',
  text: `
select u.external_id as "user", (
  select coalesce(sum(${tokens}), 0)::float8 from messages m
  where m.tenant_id = $1 and m.user_id = u.id and m.created_at >= $6::timestamptz and m.created_at < $7::timestamptz) as used
from users u
where u.tenant_id = $1 and u.id = case
  when $2::uuid is not null then $2::uuid
  when $3::text is not null then (select e.id from users e where e.tenant_id = $1 and e.external_id = $3)
  when $4::uuid is not null then (select c.user_id from conversations c where c.tenant_id = $1 and c.id = $4)
  else (select c.user_id from conversations c where c.tenant_id = $1 and c.conversation_key = $5 and c.status = 'active'
        order by c.last_activity_at desc limit 1) end`,
};
