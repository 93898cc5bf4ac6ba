import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.js';
import { gate } from '../support/gate.js';
import { INITIALIZE, startHttp, type TestServer } from '../support/http-server.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';

let folder: MemoryFolder;
let server: TestServer;
let headers: Record<string, string>;
/** What happens before a call gets to its data. */
let before: () => Promise<unknown> = async () => {};
const interrupted = (app: App): App => ({ ...app, storeFor: (principal) => before().then(() => app.storeFor(principal)) });

beforeAll(async () => {
  folder = await createMemoryFolder();
  server = await startHttp(folder.env, { app: interrupted });
});
afterAll(async () => {
  await server.close();
  await folder[Symbol.asyncDispose]();
});
beforeEach(async () => {
  before = async () => {};
  headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    Authorization: `Bearer ${await server.key()}`,
  };
  const { headers: begun } = await post(INITIALIZE);
  headers['Mcp-Session-Id'] = begun.get('mcp-session-id')!;
  headers['MCP-Protocol-Version'] = '2025-11-25';
  await (await post(call(0, 'save_turn', { conversation_key: 'here', messages: [{ role: 'user', content: 'Good morning.' }] }))).text();
});

const post = (message: object, more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}/mcp`, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(message) });
const call = (id: unknown, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});
const list = (id: unknown) => call(id, 'list_conversations');
const typeOf = ({ headers }: Response): string => headers.get('content-type')?.split(';')[0] ?? '';

/** Calls wait from now on, until they may go on. */
function hold(): { arrived: Promise<void>; release: () => void } {
  const [arrived, released] = [gate(), gate()];
  before = () => {
    arrived.open();
    return released.opened;
  };
  return { arrived: arrived.opened, release: released.open };
}

const ANSWERS: [string, Record<string, unknown>][] = [
  ['a conversation', { conversation_key: 'here' }],
  ['that there is none', { conversation_key: 'elsewhere' }],
  ['arguments that are wrong', { conversation_key: 5, nonsense: true }],
];

describe('a call in a session', () => {
  it('is answered with one JSON text when it only reads, else on a stream', async () => {
    const read = await post(list('a'));
    expect([read.status, typeOf(read)]).toEqual([200, 'application/json']);
    expect(read.headers.get('mcp-session-id')).toBe(headers['Mcp-Session-Id']);
    expect(await read.json()).toMatchObject({ jsonrpc: '2.0', id: 'a', result: { structuredContent: { conversations: [{}] } } });
    const refused = await post(call(0, 'load_history'));
    expect(await refused.json()).toMatchObject({ id: 0, result: { isError: true } });

    for (const stream of [
      call(1, 'create_task', { title: 'x' }),
      call(2, 'poll_events'),
      call(3, 'no_such_tool'),
      { ...list(4), method: 'tools/list' },
    ]) {
      const response = await post(stream);
      expect([response.status, typeOf(response)], JSON.stringify(stream)).toEqual([200, 'text/event-stream']);
      await response.text();
    }
  });

  it('that is not in order is refused like any other', async () => {
    expect((await post(list(1), { Accept: 'application/json' })).status).toBe(406);
    expect((await post(list(1), { 'MCP-Protocol-Version': '1999-01-01' })).status).toBe(400);
    expect((await post(list(1), { 'Mcp-Session-Id': 'another' })).status).toBe(404);
    for (const wrong of [{ ...list(1), jsonrpc: '1.0' }, list(null), list({}), { ...list(1), more: 1 }, call(1, 5 as never)]) {
      const response = await post(wrong);
      const text = await response.text();
      expect(response.status === 400 || text.includes('"error"'), JSON.stringify(wrong)).toBe(true);
    }
  });

  it('becomes a stream when there is something to tell before its answer', async () => {
    before = () => Promise.reject(new Error('broken'));
    const response = await post(list(7));
    expect(typeOf(response)).toBe('text/event-stream');
    const events = (await response.text()).split('\n\n').filter(Boolean);
    const messages = events.map((event) => JSON.parse(/^event: message\ndata: (.*)$/.exec(event)![1]!));
    expect(messages).toMatchObject([{ method: 'notifications/message' }, { id: 7, result: { isError: true } }]);
  });

  it('tells nothing that its client does not want to know', async () => {
    before = () => Promise.reject(new Error('broken'));
    const level = (name: string) => post({ jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level: name } });
    await (await level('critical')).text();
    const quiet = await post(list(7));
    expect([typeOf(quiet), await quiet.json()]).toMatchObject(['application/json', { id: 7, result: { isError: true } }]);
    await (await level('error')).text();
    expect(typeOf(await post(list(8)))).toBe('text/event-stream');
  });

  it.each(ANSWERS)('has the words of the SDK: %s', async (_what, args) => {
    const [ours, unusual] = [call(5, 'load_history', args), call(5, 'load_history', args)];
    // What nobody knows is left to the SDK, which takes no notice of it.
    Object.assign(unusual.params, { unknown: true });
    const [direct, stream] = [await post(ours), await post(unusual)];
    expect([typeOf(direct), typeOf(stream)]).toEqual(['application/json', 'text/event-stream']);
    const last = (await stream.text()).split('\n').findLast((line) => line.startsWith('data: {'))!;
    expect(await direct.json()).toEqual(JSON.parse(last.slice('data: '.length)));
  });

  it('is told that it was given up, by the client or with the session', async () => {
    let held = hold();
    const cancelled = post(list(8));
    await held.arrived;
    await post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 8 } });
    expect((await cancelled).status).toBe(404);
    held.release();

    held = hold();
    const ended = post(list(9));
    await held.arrived;
    const { 'Content-Type': _, ...rest } = headers;
    expect((await fetch(`${server.url}/mcp`, { method: 'DELETE', headers: rest })).status).toBe(200);
    expect((await ended).status).toBe(404);
    held.release();
    expect((await post(list(10))).status).toBe(404);
  });

  it('leaves the session as it was when its client is gone before the answer', async () => {
    const held = hold();
    const gone = new AbortController();
    const body = JSON.stringify(list(11));
    const broken = fetch(`${server.url}/mcp`, { method: 'POST', headers, body, signal: gone.signal }).catch(() => 'broken');
    await held.arrived;
    gone.abort();
    expect(await broken).toBe('broken');
    held.release();
    before = async () => {};
    // Under an id of its own: that the other client is gone may not have been noticed yet.
    expect(await (await post(list(12))).json()).toMatchObject({ id: 12, result: {} });
  });
});

type Unusual = { args?: object; _meta?: object; more?: object; told?: Record<string, string>; signal?: AbortSignal | null };

describe('a call of 2026-07-28', () => {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/logLevel': 'debug',
  };
  const { 'io.modelcontextprotocol/logLevel': _level, ...quiet } = meta;
  const modern = async (
    name: string,
    { args = {}, _meta = quiet, more = {}, told = {}, signal = null }: Unusual = {},
  ): Promise<Response> => {
    const message = call(1, name, args);
    const { 'Mcp-Session-Id': _, ...rest } = headers;
    return fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: { ...rest, 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': name, ...told },
      body: JSON.stringify({ ...message, params: { ...message.params, _meta, ...more } }),
      signal,
    });
  };
  const textOf = async (response: Response) => [response.status, typeOf(response), await response.json()];

  it('is answered with one JSON text, and with a stream when there is something to tell before', async () => {
    const plain = await modern('list_conversations');
    expect([plain.status, typeOf(plain)]).toEqual([200, 'application/json']);
    expect(await plain.json()).toMatchObject({ jsonrpc: '2.0', id: 1, result: { structuredContent: { conversations: [{}] } } });

    before = () => Promise.reject(new Error('broken'));
    const told = await modern('list_conversations', { _meta: meta });
    expect(typeOf(told)).toBe('text/event-stream');
    const text = await told.text();
    expect(text).toMatch(/notifications\/message.*\n\n.*"isError":true/s);
  });

  it.each(ANSWERS)('has the words of the SDK: %s', async (_what, args) => {
    const ours = await textOf(await modern('load_history', { args }));
    expect(ours).toMatchObject([200, 'application/json', { id: 1, result: { resultType: 'complete' } }]);
    // What nobody knows is left to the SDK, which takes no notice of it.
    expect(ours).toEqual(await textOf(await modern('load_history', { args, more: { unknown: true } })));
    expect(ours).toEqual(await textOf(await modern('load_history', { args, _meta: meta })));
  });

  it.each<[string, Unusual]>([
    ['no capabilities', { _meta: { ...quiet, 'io.modelcontextprotocol/clientCapabilities': undefined } }],
    ['capabilities of the wrong shape', { _meta: { ...quiet, 'io.modelcontextprotocol/clientCapabilities': { sampling: 5 } } }],
    ['a client without a version', { _meta: { ...quiet, 'io.modelcontextprotocol/clientInfo': { name: 'test' } } }],
    ['a token that is none', { _meta: { ...quiet, progressToken: {} } }],
    ['another method in its header', { told: { 'Mcp-Method': 'tools/list' } }],
    ['another tool in its header', { told: { 'Mcp-Name': 'recall' } }],
    ['another revision in its header', { told: { 'MCP-Protocol-Version': '2025-11-25' } }],
  ])('is refused with %s, also after a good one', async (_what, wrong) => {
    expect((await modern('list_conversations')).status).toBe(200);
    const response = await modern('list_conversations', wrong);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ id: 1, error: {} });
  });

  it('is given up with its connection', async () => {
    const { result } = (await (await modern('poll_events', { args: { after: '0' } })).json()) as {
      result: { structuredContent: { next_cursor: unknown } };
    };
    const gone = new AbortController();
    const args = { after: result.structuredContent.next_cursor, wait_ms: 20_000 };
    const waiting = modern('poll_events', { args, signal: gone.signal }).catch(() => 'broken');
    const calls = async () => {
      const text = (await server.app.metrics!.text()).body;
      return Number(/recollect_tool_duration_seconds_count\{tool="poll_events",outcome="ok"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    const known = await calls();
    await expect.poll(async () => (await server.app.metrics!.text()).body).toMatch(/recollect_http_requests_in_flight 1/);
    gone.abort();
    expect(await waiting).toBe('broken');
    await expect.poll(calls).toBe(known + 1);
  });

  it('that claims a revision nobody knows is refused', async () => {
    const response = await modern('list_conversations', { _meta: { ...quiet, 'io.modelcontextprotocol/protocolVersion': '2031-01-01' } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: {} });
    expect((await modern('no_such_tool')).headers.get('content-type')).toContain('json');
  });
});
