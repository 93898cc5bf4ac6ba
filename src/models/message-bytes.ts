/**
 * What a message takes, as conversations add it up for quotas: its JSON as the database writes it. `assets` is what its attachments
 * take. Whoever adds, changes or removes a message brings `conversations.stored_bytes` along.
 */
export const messageBytes = (m: string, assets = attachmentBytes(m)): string =>
  `(octet_length(${m}.content::text) + coalesce(octet_length(${m}.tool_calls::text), 0) + coalesce(octet_length(${m}.tool_results::text), 0)
    + octet_length(${m}.metadata::text) + ${assets})::bigint`;

/** `tenant` is said where the statement is one tenant's: Citus then knows where to look. */
export const attachmentBytes = (m: string, tenant = `${m}.tenant_id`): string =>
  `case when ${m}.asset_count = 0 then 0 else coalesce((
      select sum(a.size) from message_assets a where a.tenant_id = ${tenant} and a.message_id = ${m}.id), 0) end`;
