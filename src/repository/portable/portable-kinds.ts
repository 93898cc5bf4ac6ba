/**
 * What a tenant's data is made of, in the order it has to be written: what others point to comes first. Whatever is not here is
 * made from it (statistics of words), is bound to a database (places in its log) or tells of a server (runs of jobs).
 */
export type PortableKind = Readonly<{
  /** What its lines in a file are called. */
  type: string;
  table: string;
  /** The columns its rows are read in order of, after the tenant: the first is its parent's id where it has a parent. */
  order: readonly Place[];
  /** Columns that stay here: they mean something in this database only, or are made anew. */
  left?: readonly string[];
  /** Columns with ids of rows that may have another id where they are read in. */
  ids?: readonly string[];
  /** Of those, the ones that are emptied where what they name is not there, and its table. */
  optional?: Readonly<Record<string, string>>;
  /** What makes a row the same one although its id differs. */
  natural?: readonly string[];
  /** The column that names the row of the block it stands in. */
  parent?: string;
  bytes?: string;
}>;

type Place = Readonly<{ column: string; type: 'uuid' | 'integer' | 'bigint' | 'text' }>;

const ID: readonly Place[] = [{ column: 'id', type: 'uuid' }];
const under = (column: string, ...then: Place[]): readonly Place[] => [{ column, type: 'uuid' }, ...(then.length > 0 ? then : ID)];

export const PEOPLE: readonly PortableKind[] = [
  { type: 'user', table: 'users', order: ID, natural: ['external_id'] },
  { type: 'device', table: 'devices', order: ID, natural: ['external_id'] },
  {
    type: 'session',
    table: 'sessions',
    order: ID,
    natural: ['external_id'],
    ids: ['user_id'],
    optional: { user_id: 'users' },
  },
];

/** What lets people in. In backups, and where it is asked for. */
export const ACCOUNTS: readonly PortableKind[] = [
  { type: 'account', table: 'user_credentials', order: ID, ids: ['user_id'] },
  {
    type: 'login_attempt',
    table: 'user_login_attempts',
    order: ID,
    ids: ['credential_id'],
    optional: { credential_id: 'user_credentials' },
  },
  { type: 'login_lockout', table: 'user_login_lockouts', order: [{ column: 'identifier', type: 'text' }] },
  { type: 'password_reset', table: 'password_reset_tokens', order: ID, ids: ['credential_id'] },
  { type: 'api_key', table: 'api_tokens', order: ID, ids: ['user_id'] },
];

/** What was given to programs, which belong to no tenant: only where those are brought too. */
export const GRANTS: PortableKind = { type: 'oauth_grant', table: 'oauth_grants', order: ID, ids: ['user_id', 'credential_id'] };

export const CONVERSATION: PortableKind = {
  type: 'conversation',
  table: 'conversations',
  order: ID,
  ids: ['user_id', 'session_id', 'device_id', 'key_owner_id'],
  optional: { session_id: 'sessions', device_id: 'devices' },
};

export const EVENT: PortableKind = {
  type: 'event',
  table: 'message_events',
  order: under('conversation_id', { column: 'xact_id', type: 'bigint' }, { column: 'event_seq', type: 'bigint' }),
  left: ['xact_id', 'event_seq'],
  ids: ['user_id'],
  parent: 'conversation_id',
};

/** What happened to a conversation that is not there any more. */
export const PAST_EVENT: PortableKind = {
  type: 'past_event',
  table: EVENT.table,
  order: EVENT.order,
  left: ['xact_id', 'event_seq'],
  ids: ['user_id'],
};

/** What stands after its conversation. */
export const OF_CONVERSATION: readonly PortableKind[] = [
  {
    type: 'message',
    table: 'messages',
    order: under('conversation_id', { column: 'seq', type: 'integer' }),
    ids: ['user_id'],
    optional: { user_id: 'users' },
    parent: 'conversation_id',
  },
  // No message, no row: theirs may not be empty.
  {
    type: 'asset',
    table: 'message_assets',
    order: under('conversation_id'),
    optional: { message_id: 'messages' },
    parent: 'conversation_id',
    bytes: 'bytes',
  },
  {
    type: 'message_vector',
    table: 'message_vectors',
    order: under('conversation_id'),
    optional: { message_id: 'messages' },
    parent: 'conversation_id',
  },
  EVENT,
];

export const MEMORY: PortableKind = {
  type: 'memory',
  table: 'episodic_memories',
  order: ID,
  ids: ['user_id', 'supersedes_id', 'superseded_by_id'],
  optional: { conversation_id: 'conversations' },
};

export const NODE: PortableKind = {
  type: 'node',
  table: 'memory_graph_nodes',
  order: ID,
  natural: ['owner_id', 'graph', 'key'],
  ids: ['owner_id'],
};

/** What stands after its node. */
export const OF_NODE: readonly PortableKind[] = [
  { type: 'node_version', table: 'memory_graph_node_versions', order: under('node_id'), parent: 'node_id' },
  { type: 'observation', table: 'memory_graph_observations', order: under('node_id'), ids: ['node_id'] },
];

export const LAST: readonly PortableKind[] = [
  { type: 'edge', table: 'memory_graph_edges', order: ID, ids: ['source_id', 'target_id'] },
  { type: 'memory_vector', table: 'memory_vectors', order: ID, ids: ['subject_id'] },
  {
    type: 'task',
    table: 'tasks',
    order: ID,
    ids: ['user_id'],
    optional: { conversation_id: 'conversations', message_id: 'messages' },
  },
];

export const KINDS: readonly PortableKind[] = [
  ...PEOPLE,
  ...ACCOUNTS,
  GRANTS,
  CONVERSATION,
  ...OF_CONVERSATION,
  PAST_EVENT,
  MEMORY,
  NODE,
  ...OF_NODE,
  ...LAST,
];

/** What belongs to no tenant; in backups only. A job keeps whether it is switched on, and nothing of when it ran. */
export const SHARED: readonly PortableKind[] = [
  { type: 'oauth_client', table: 'oauth_clients', order: ID },
  {
    type: 'job',
    table: 'jobs',
    order: [{ column: 'name', type: 'text' }],
    left: ['slot', 'holder', 'held_until', 'failures', 'retry_at', 'last_started_at', 'last_finished_at', 'last_status'],
  },
];

const BY_TYPE = new Map(KINDS.map((kind) => [kind.type, kind]));
export const kindOf = (type: string): PortableKind | undefined => BY_TYPE.get(type);

/** Columns that no file holds, of any table. */
export const NEVER: readonly string[] = ['tenant_id', 'search'];
