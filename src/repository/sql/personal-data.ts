import type { Statement } from '../../db/database.js';

/** A row as it is held: every column by its name, but for those that only the database reads, and secrets. */
const whole = (row: string, ...hidden: string[]): string =>
  `to_jsonb(${row}) - array[${['tenant_id', 'search', ...hidden].map((column) => `'${column}'`).join(', ')}]`;

const ownConversations = 'select c.id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid';
const nodes = 'select n.id from memory_graph_nodes n where n.tenant_id = $1 and n.owner_id = $2::uuid';
const accounts = 'select k.id from user_credentials k where k.tenant_id = $1 and k.user_id = $2::uuid';

/** How the rows of one kind are walked: in which order, what marks a place in it, and what comes after the place $5. */
type Walk = Readonly<{ order: string; place: string; after: string }>;
const BY_ID: Walk = { order: 'r.id', place: 'r.id::text', after: 'r.id > $5::uuid' };
const BY_NAME: Walk = { order: 'r.identifier', place: 'r.identifier', after: 'r.identifier > $5::text' };
const BY_EVENT: Walk = {
  order: 'r.xact_id, r.event_seq',
  place: `r.xact_id || ':' || r.event_seq`,
  after: `(r.xact_id, r.event_seq) > (split_part($5::text, ':', 1)::bigint, split_part($5::text, ':', 2)::bigint)`,
};

type Source = Readonly<{ from: string; walk?: Walk; row: string; where: string }>;

/** Where anything about a person ($2, known by the names $3, as actor $4) is held, in the order it is written. */
const SOURCES = {
  user: { from: 'users r', row: whole('r'), where: 'r.id = $2::uuid' },
  account: { from: 'user_credentials r', row: whole('r', 'password_hash'), where: 'r.user_id = $2::uuid' },
  login_attempt: {
    from: 'user_login_attempts r',
    row: whole('r'),
    where: `(lower(r.identifier) = any($3::text[]) or r.credential_id in (${accounts}))`,
  },
  login_lockout: { from: 'user_login_lockouts r', walk: BY_NAME, row: whole('r'), where: 'lower(r.identifier) = any($3::text[])' },
  password_reset: { from: 'password_reset_tokens r', row: whole('r', 'token_hash'), where: `r.credential_id in (${accounts})` },
  key: { from: 'api_tokens r', row: whole('r', 'token_hash'), where: 'r.user_id = $2::uuid' },
  oauth_grant: { from: 'oauth_grants r', row: whole('r', 'token_hash', 'code_challenge'), where: 'r.user_id = $2::uuid' },
  session: { from: 'sessions r', row: whole('r'), where: 'r.user_id = $2::uuid' },
  device: {
    from: 'devices r',
    row: whole('r'),
    where: 'r.id in (select c.device_id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid)',
  },
  conversation: { from: 'conversations r', row: whole('r'), where: 'r.user_id = $2::uuid' },
  message: {
    from: 'messages r',
    row: whole('r'),
    where: `(r.user_id = $2::uuid or r.conversation_id in (${ownConversations}))`,
  },
  attachment: {
    from: 'message_assets r join messages m on m.tenant_id = $1 and m.id = r.message_id',
    row: `(${whole('r', 'bytes')}) || jsonb_build_object('bytes', translate(encode(r.bytes, 'base64'), E'\\n', ''))`,
    where: `(m.user_id = $2::uuid or r.conversation_id in (${ownConversations}))`,
  },
  message_vector: {
    from: 'message_vectors r join messages m on m.tenant_id = $1 and m.id = r.message_id',
    row: whole('r'),
    where: `(m.user_id = $2::uuid or r.conversation_id in (${ownConversations}))`,
  },
  event: {
    from: 'message_events r',
    walk: BY_EVENT,
    row: whole('r', 'xact_id'),
    where: `(r.user_id = $2::uuid or r.actor = $4 or r.conversation_id in (${ownConversations})
      or r.message_id in (select m.id from messages m where m.tenant_id = $1 and m.user_id = $2::uuid))`,
  },
  memory: { from: 'episodic_memories r', row: whole('r', 'content_hash'), where: 'r.user_id = $2::uuid' },
  memory_vector: {
    from: 'memory_vectors r',
    row: whole('r'),
    where: `((r.subject_type = 'memory' and r.subject_id in (select m.id from episodic_memories m where m.tenant_id = $1 and m.user_id = $2::uuid))
      or (r.subject_type = 'node' and r.subject_id in (${nodes})))`,
  },
  node: { from: 'memory_graph_nodes r', row: whole('r'), where: 'r.owner_id = $2::uuid' },
  node_version: { from: 'memory_graph_node_versions r', row: whole('r'), where: `r.node_id in (${nodes})` },
  observation: { from: 'memory_graph_observations r', row: whole('r', 'text_hash'), where: `r.node_id in (${nodes})` },
  edge: { from: 'memory_graph_edges r', row: whole('r'), where: `(r.source_id in (${nodes}) or r.target_id in (${nodes}))` },
  task: {
    from: 'tasks r',
    row: whole('r'),
    where: `(r.user_id = $2::uuid or (r.user_id is null and r.conversation_id in (${ownConversations})))`,
  },
} as const satisfies Record<string, Source>;

export type PersonalKind = keyof typeof SOURCES;
export const PERSONAL_KINDS = Object.keys(SOURCES) as PersonalKind[];

/** The next $6 rows of one kind after the place $5. Plan: a range of the primary key from there on. */
export const readPersonal = (kind: PersonalKind): Statement => {
  const { from, walk = BY_ID, row, where }: Source = SOURCES[kind];
  return {
    name: `read_personal_${kind}`,
    text: `
select ${walk.place} as place, ${row} as row
from ${from}, (select $2::uuid as id, $3::text[] as names, $4::text as actor) person
where r.tenant_id = $1 and ${where} and ($5::text is null or ${walk.after})
order by ${walk.order}
limit $6::int`,
  };
};
