import { randomBytes, randomUUID } from 'node:crypto';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { TestEngine } from '../support/engines.js';
import type { Handles } from './arguments.js';

export type Who = { tenantId: string; user?: string };

/** A client of a server that serves one principal, over whatever transport. */
export type Connection = AsyncDisposable & { readonly client: Client };
export type Connect = (engine: TestEngine, who: Who) => Promise<Connection>;

export type Call = { tool: string; args: Record<string, unknown> };

/** Somebody with one of everything. */
export type Resident = Readonly<{
  who: Required<Who>;
  /** Stands in every text of theirs and in no argument: whoever else reads it has read too much. */
  secret: string;
  handles: Handles;
  /** What they read of their own, as they asked for it. */
  reads: readonly Call[];
}>;

/** Everybody uses these, so that the same names stand for different rows. */
const SHARED = { key: 'shared-key', node: 'shared-node', client: 'shared-client', label: 'shared-label' };

/** Fills somebody's world, and looks at all of it. */
export async function settle(engine: TestEngine, connect: Connect, who: Required<Who>): Promise<Resident> {
  await using connection = await connect(engine, who);
  const { user, tenantId } = who;
  const [secret, word] = [`secret${randomBytes(6).toString('hex')}`, `word${randomBytes(6).toString('hex')}`];
  const said = `${word} ${secret}`;
  const reads: Call[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is its schema's
  const call = async (tool: string, args: Record<string, unknown>): Promise<any> => {
    const { isError, content, structuredContent } = await connection.client.callTool({ name: tool, arguments: args });
    if (isError) throw new Error(`${tool}: ${JSON.stringify(content)}`);
    return structuredContent;
  };
  const read = async (tool: string, args: Record<string, unknown>) => {
    reads.push({ tool, args });
    return call(tool, args);
  };

  const label = `label-${user}`;
  const conversations: string[] = [];
  const messages: string[] = [];
  for (const key of [`key-${user}`, SHARED.key]) {
    const saved = await call('save_turn', {
      conversation_key: key,
      title: said,
      topic: label,
      device: label,
      session: label,
      platform: label,
      metadata: { note: said },
      messages: [
        {
          role: 'user',
          content: said,
          author: said,
          client_message_id: `client-${user}`,
          attachments: [{ name: secret, mime_type: 'text/plain', data: 'aGk=' }],
        },
        { role: 'assistant', content: said, client_message_id: SHARED.client, embedding: { model: label, values: [1, 0] } },
        { role: 'user', content: `once more ${said}` },
      ],
    });
    conversations.push(saved.conversation_id);
    messages.push(...saved.messages.map(({ id }: { id: string }) => id));
    await call('update_conversation', { conversation_id: saved.conversation_id, summary: said, current_goal: { what: said } });
    await call('edit_message', { message_id: saved.messages[0].id, content: `edited ${said}` });
  }
  const [conversation_id, message_id] = [conversations[0]!, messages[0]!];
  await call('delete_message', { message_id: messages[2] });
  const task = (await call('create_task', { title: said, details: said, conversation_id, client_id: `client-${user}` })).task.id;
  await call('upsert_user_profile', { user, display_name: said, profile: { note: said }, documents: { note: said } });
  const memories: string[] = [];
  for (const client_id of [`client-${user}`, SHARED.client]) {
    const content = `${client_id} ${said}`;
    const { memory } = await call('remember', {
      content,
      title: secret,
      tags: [label, SHARED.label],
      conversation_id,
      message_ids: [message_id],
      client_id,
    });
    memories.push(memory.id);
  }
  memories.push((await call('remember', { content: `instead ${said}`, supersedes: memories[0] })).memory.id);
  await call('upsert_vectors', { vectors: [{ memory_id: memories[1], model: label, values: [1, 0], metadata: { note: said } }] });
  await call('create_entities', {
    entities: [`node-${user}`, SHARED.node].map((name) => ({ name, entityType: secret, observations: [said] })),
  });
  await call('create_relations', { relations: [{ from: `node-${user}`, to: SHARED.node, relationType: secret }] });
  await call('graph_upsert', { graph: `graph-${user}`, nodes: [{ key: `node-${user}`, label: said, observations: [said] }] });
  const owner = await engine.models.User.findOne({ where: { tenantId, externalId: user }, rejectOnEmpty: true });
  const [username, email] = [`name-${user}`, `mail-${user}@example.org`];
  await engine.models.UserCredential.create({ tenantId, id: randomUUID(), userId: owner.id, username, email, passwordHash: secret });

  const history = await read('load_history', { conversation_id, include_deleted: true });
  const cursors: string[] = [];
  for (const [tool, args] of [
    ['list_conversations', { limit: 1 }],
    ['search_messages', { query: word, limit: 1 }],
    ['recall', { query: word, limit: 1 }],
    ['list_tasks', { limit: 1 }],
    ['read_graph', {}],
    ['query_vectors', { values: [1, 0], model: label, limit: 1 }],
    ['graph_query', { query: word }],
  ] as const) {
    const page = await read(tool, args);
    if (typeof page.next_cursor !== 'string') continue;
    cursors.push(page.next_cursor);
    await read(tool, { ...args, cursor: page.next_cursor });
  }
  const events = await read('poll_events', { after: '0', limit: 3 });
  for (const [tool, args] of [
    ['poll_events', { after: events.next_cursor }],
    ['poll_events', { after: events.events[0].cursor ?? events.next_cursor, conversation_id }],
    ['load_history', { conversation_key: `key-${user}` }],
    ['load_history', { conversation_key: SHARED.key }],
    ['get_message', { message_id }],
    ['get_user_profile', { user }],
    ['get_context', { conversation_key: SHARED.key, query: word }],
    ['open_nodes', { names: [SHARED.node, `node-${user}`] }],
    ['search_nodes', { query: word }],
    ['graph_query', { keys: [SHARED.node], depth: 2 }],
    ['graph_stats', {}],
    ['get_stats', {}],
  ] as const)
    await read(tool, args);

  return {
    who,
    secret,
    reads,
    handles: {
      conversation: conversations,
      message: messages,
      memory: memories,
      task: [task],
      asset: [history.messages[0].attachments[0].id],
      user: [user, username, email],
      key: [`key-${user}`],
      node: [`node-${user}`],
      graph: [`graph-${user}`],
      cursor: cursors,
      event: [events.next_cursor, ...events.events.map(({ cursor }: { cursor?: string }) => cursor ?? '0')],
      client: [`client-${user}`],
      label: [label],
      word: [word],
    },
  };
}

/** Names that stand for nothing, each like one of somebody's. */
export function twinsOf(handles: Handles): Map<string, string> {
  const twin = (handle: string): string =>
    /^[0-9a-f-]{36}$/.test(handle)
      ? handle.slice(0, -12) + randomBytes(6).toString('hex')
      : handle.replace(/[0-9a-f]{12}|resident/, (part) => randomBytes(16).toString('hex').slice(0, part.length));
  return new Map(
    Object.entries(handles)
      .filter(([kind]) => kind !== 'cursor' && kind !== 'event')
      .flatMap(([, names]) => names.map((name) => [name, twin(name)] as const)),
  );
}
