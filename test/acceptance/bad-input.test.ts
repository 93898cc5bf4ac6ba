import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataFolder, type DataFolder, type Server, startServer } from './servers.js';
import { readAll } from './turns.js';

let folder: DataFolder;
let server: Server;
let conversation: string;
let strangers: { conversation_id: string; messages: { id: string }[] };
let foreignCursor: string;

beforeAll(async () => {
  folder = await createDataFolder();
  server = await startServer(folder.env);
  const saved = await server.call<{ conversation_id: string }>('save_turn', { messages: [message('kept')] });
  conversation = saved.conversation_id;
  await server.call('save_turn', { messages: [message('another')] });
  await using stranger = await startServer({ ...folder.env, RECOLLECT_TENANT: 'strangers' });
  strangers = await stranger.call('save_turn', { messages: [message('private')] });
  const page = await server.call<{ next_cursor: string }>('list_conversations', { limit: 1 });
  foreignCursor = page.next_cursor;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const message = (content: string, more: object = {}) => ({ role: 'user', content, ...more });
const turn = (...messages: object[]) => ({ conversation_id: conversation, messages });

type Bad = { what: string; tool: string; args: () => Record<string, unknown>; says: RegExp };

const BAD: readonly Bad[] = [
  { what: 'an unknown key', tool: 'save_turn', args: () => ({ ...turn(message('x')), colour: 'red' }), says: /"colour".*allowed: /s },
  { what: 'an unknown key in a message', tool: 'save_turn', args: () => turn(message('x', { rol: 'user' })), says: /"rol".*"role"/s },
  { what: 'a message of 10 MB', tool: 'save_turn', args: () => turn(message('x'.repeat(10_000_000))), says: /bytes.*limit/s },
  { what: 'a NUL byte', tool: 'save_turn', args: () => turn(message('a\0b')), says: /messages\[0\]\.content.*U\+0000/s },
  { what: 'a NUL byte in a key', tool: 'save_turn', args: () => turn(message('x', { metadata: { 'a\0': 1 } })), says: /U\+0000/ },
  { what: 'a high surrogate alone', tool: 'save_turn', args: () => turn(message('a\ud83db')), says: /surrogate/ },
  { what: 'a low surrogate alone', tool: 'save_turn', args: () => turn(message('\ude00')), says: /surrogate/ },
  { what: 'a role that is none', tool: 'save_turn', args: () => turn(message('x', { role: 'robot' })), says: /robot/ },
  { what: 'the month 13', tool: 'save_turn', args: () => turn(message('x', { created_at: '2026-13-01T00:00:00Z' })), says: /2026-13-01/ },
  { what: '30 February', tool: 'save_turn', args: () => turn(message('x', { created_at: '2026-02-30' })), says: /2026-02-30/ },
  { what: 'a date in words', tool: 'list_conversations', args: () => ({ active_after: 'last tuesday' }), says: /last tuesday/ },
  { what: 'negative tokens', tool: 'save_turn', args: () => turn(message('x', { input_tokens: -1 })), says: /input_tokens/ },
  { what: 'no messages', tool: 'save_turn', args: () => turn(), says: /messages/ },
  {
    what: 'one good message among bad ones',
    tool: 'save_turn',
    args: () => turn(message('x'), message('y', { role: 'robot' })),
    says: /messages\[1\]/,
  },
  { what: 'a negative limit', tool: 'load_history', args: () => ({ conversation_id: conversation, limit: -5 }), says: /limit.*-5/s },
  { what: 'a limit of nothing', tool: 'list_conversations', args: () => ({ limit: 0 }), says: /limit/ },
  { what: 'a limit above all measure', tool: 'search_messages', args: () => ({ query: 'kept', limit: 1e9 }), says: /limit/ },
  { what: 'a cursor of another list', tool: 'search_messages', args: () => ({ query: 'kept', cursor: foreignCursor }), says: /cursor/i },
  {
    what: 'a cursor of a list with another filter',
    tool: 'list_conversations',
    args: () => ({ topic: 'x', cursor: foreignCursor }),
    says: /cursor/i,
  },
  { what: 'a made-up cursor', tool: 'list_conversations', args: () => ({ cursor: 'bm9uc2Vuc2U' }), says: /cursor/i },
  { what: 'a cursor that is no cursor', tool: 'poll_events', args: () => ({ after: "0'; drop table messages; --" }), says: /cursor/ },
  { what: 'an id that is none', tool: 'load_history', args: () => ({ conversation_id: 'the last one' }), says: /conversation_id/ },
  {
    what: "another tenant's conversation, to read",
    tool: 'load_history',
    args: () => ({ conversation_id: strangers.conversation_id }),
    says: /^not_found/,
  },
  {
    what: "another tenant's conversation, to write",
    tool: 'save_turn',
    args: () => ({ conversation_id: strangers.conversation_id, messages: [message('x')] }),
    says: /^not_found/,
  },
  {
    what: "another tenant's conversation, to delete",
    tool: 'delete_conversation',
    args: () => ({ conversation_id: strangers.conversation_id }),
    says: /^not_found/,
  },
  { what: "another tenant's message", tool: 'delete_message', args: () => ({ message_id: strangers.messages[0]?.id }), says: /^not_found/ },
];

describe('bad input over stdio is refused in words, writes nothing, and the server goes on', () => {
  it.each(BAD)('$what ($tool)', async ({ tool, args, says }) => {
    const before = await everything();
    const { isError, text, data } = await server.ask(tool, args());
    expect(text).toMatch(says);
    expect(text.length).toBeLessThan(2_000);
    expect(text).not.toMatch(/select |insert |constraint|zod|at .*\.ts/i);
    expect({ isError, data }).toEqual({ isError: true, data: {} });
    expect(await everything()).toEqual(before);
  });

  it("answers another tenant's id exactly as one that does not exist", async () => {
    const missing = '01890000-0000-7000-8000-000000000000';
    const [foreign, none] = await Promise.all(
      [strangers.conversation_id, missing].map((conversation_id) => server.ask('load_history', { conversation_id })),
    );
    expect(foreign?.text.replace(strangers.conversation_id, missing)).toBe(none?.text);
  });

  it("left the other tenant's data alone", async () => {
    await using stranger = await startServer({ ...folder.env, RECOLLECT_TENANT: 'strangers' });
    const { messages } = await readAll(stranger, { conversation_id: strangers.conversation_id });
    expect(messages).toMatchObject([{ content: 'private' }]);
  });
});

describe('text that is SQL', () => {
  const TEXTS = [
    `'; drop table messages; --`,
    `" or "1"="1`,
    `%' or true --`,
    `\\'); delete from users; --`,
    `$1 $2 $$; select pg_sleep(9); $$`,
    `:tenant ?::int ::regclass`,
    `' || (select string_agg(tenant_id, ',') from tenants) || '`,
  ];

  it.each(TEXTS)('is text wherever it is said or looked for: %s', async (text) => {
    const saved = await server.call<{ conversation_id: string }>('save_turn', {
      ...{ user: text, conversation_key: text, platform: text, chat_id: text, device: text, session: text, title: text, topic: text },
      metadata: { [text]: text },
      messages: [message(text, { author: text, client_message_id: text, metadata: { [text]: text } })],
    });
    const { conversation_id } = saved;
    const { memory } = await server.call<{ memory: { id: string } }>('remember', { content: text, user: text, tags: [text], title: text });
    await server.call('graph_upsert', {
      graph: text,
      nodes: [{ key: text, type: text, label: text, observations: [text], properties: { [text]: text } }, { key: 'b' }],
      edges: [{ source: text, target: 'b', type: text }],
    });
    await server.call('upsert_user_profile', { user: text, profile: { [text]: text } });
    await server.call('create_task', { title: text, user: text });

    const found = await Promise.all([
      server.call('search_messages', { query: text, user: text }),
      server.call('recall', { query: text, user: text, tags: [text] }),
      server.call('list_conversations', { query: text, user: text, platform: text, topic: text, device: text }),
      server.call('load_history', { conversation_key: text }),
      server.call('get_context', { conversation_id, query: text }),
      server.call('graph_query', { graph: text, query: text }),
      server.call('graph_query', { graph: text, keys: [text], edge_types: [text] }),
      server.call('list_user_profiles', { query: text }),
      server.call('list_tasks', { user: text }),
      server.call('get_stats', { user: text }),
    ]);
    expect(JSON.stringify(found[3])).toContain(JSON.stringify(text).slice(1, -1));
    expect(found[2]).toMatchObject({ conversations: [{ id: conversation_id, user: text, title: text, topic: text }] });
    expect(found[5]).toMatchObject({ nodes: [{ key: text, observations: [{ text }] }] });
    await server.call('forget', { memory_ids: [memory.id], mode: 'hard' });
    // Everything there was before is there.
    expect((await readAll(server, { conversation_id: conversation })).messages).toMatchObject([{ content: 'kept' }]);
  });
});

async function everything(): Promise<unknown> {
  const [conversations, transcript, events] = await Promise.all([
    server.call('list_conversations', {}),
    readAll(server, { conversation_id: conversation }),
    server.call<{ events: { cursor: string }[] }>('poll_events', { after: '0' }),
  ]);
  // A cursor also says which transactions had ended when it was asked for, and the server has some of its own.
  return { conversations, transcript, events: events.events.map(({ cursor: _, ...event }) => event) };
}
