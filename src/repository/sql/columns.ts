/** The attachments of `messages m`; null for none. */
export const messageAssets = `case when m.asset_count > 0 then (
    select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'mimeType', a.mime_type, 'size', a.size, 'uri', a.uri) order by a.id)
    from message_assets a where a.tenant_id = $1 and a.message_id = m.id) end`;

/** The columns of a MessageRecord; expects `messages m` left-joined to its `users u`, and the tenant in $1. */
export const messageColumns = `
  m.id, m.conversation_id as "conversationId", m.seq, m.turn, m.role, m.type, m.status, m.author, u.external_id as "user", m.content, m.text,
  m.tool_calls as "toolCalls", m.tool_results as "toolResults", m.input_tokens as "inputTokens", m.output_tokens as "outputTokens",
  m.client_message_id as "clientMessageId", m.metadata, m.created_at as "createdAt", m.edited_at as "editedAt", m.deleted_at as "deletedAt",
  ${messageAssets} as assets`;

export const messageSource = 'messages m left join users u on u.tenant_id = m.tenant_id and u.id = m.user_id';

/** The columns of a ConversationRecord; expects `conversationSource`. */
export const conversationColumns = `
  c.id, c.conversation_key as "conversationKey", cu.external_id as "user", cd.external_id as device, cs.external_id as session, c.platform,
  c.chat_id as "chatId", c.title, c.topic, c.summary, c.current_goal as "currentGoal", c.status, c.message_count as "messageCount",
  c.last_seq as "lastSeq", c.input_tokens::float8 as "inputTokens", c.output_tokens::float8 as "outputTokens", c.metadata,
  c.legal_hold as "legalHold", c.started_at as "startedAt", c.last_activity_at as "lastActivityAt", c.ended_at as "endedAt",
  c.archived_at as "archivedAt"`;

export const conversationSource = `conversations c
  left join users cu on cu.tenant_id = c.tenant_id and cu.id = c.user_id
  left join devices cd on cd.tenant_id = c.tenant_id and cd.id = c.device_id
  left join sessions cs on cs.tenant_id = c.tenant_id and cs.id = c.session_id`;
