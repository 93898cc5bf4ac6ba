import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INITIALIZE, send, sendAs, startHttp, type TestServer } from '../support/http-server.js';
import { save } from './contract.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';

const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
const REVISION = '2026-07-28';

let folder: MemoryFolder;
let server: TestServer;
let auth: Record<string, string>;
let now = Date.now();

beforeAll(async () => {
  folder = await createMemoryFolder();
  server = await startHttp(
    { ...folder.env, RECOLLECT_MAX_BODY_BYTES: '64 KiB', RECOLLECT_SESSIONS_MAX: '3', RECOLLECT_SESSION_IDLE_MINUTES: '5' },
    { clock: () => new Date(now) },
  );
  auth = { Authorization: `Bearer ${await server.key()}` };
});
afterAll(async () => {
  await server.close();
  await folder[Symbol.asyncDispose]();
});

/** Headers of somebody new, who has no sessions yet. */
const somebody = async () => ({ Authorization: `Bearer ${await server.key({ user: crypto.randomUUID() })}` });

async function begin(headers: Record<string, string>): Promise<Record<string, string>> {
  const answer = await send(server.url, INITIALIZE, headers);
  expect(answer.status).toBe(200);
  return { ...headers, 'Mcp-Session-Id': answer.headers.get('mcp-session-id')! };
}

describe('a request', () => {
  it.each([
    ['no JSON', 'this is no message', {}, 400, -32700],
    ['half of one', '{"jsonrpc":"2.0",', {}, 400, -32700],
    ['of another kind', 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, -32000],
    ['packed in a way nobody knows', '{}', { 'Content-Encoding': 'lzma' }, 415, -32000],
    ['in an old character set', '{}', { 'Content-Type': 'application/json; charset=iso-8859-1' }, 415, -32000],
    ['no message', '{"hello":"world"}', {}, 400, -32600],
    ['empty', '', {}, 400, undefined],
    ['without a session', JSON.stringify(LIST), {}, 400, -32000],
    ['of an unknown revision', JSON.stringify(LIST), { 'MCP-Protocol-Version': '1999-01-01', 'Mcp-Session-Id': 'x' }, 404, -32001],
  ] as const)('that is %s is told so', async (_what, body, headers, status, code) => {
    const answer = await send(server.url, body, { ...auth, ...headers });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      jsonrpc: '2.0',
      error: { code: code ?? expect.any(Number), message: expect.stringMatching(/\w{4}/) },
    });
  });

  it.each(['PUT', 'PATCH', 'HEAD'])('is not made with %s', async (method) => {
    const { status, headers } = await sendAs(server.url, '/mcp', auth, method);
    expect([status, headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
  });

  it.each(['/mcp/', '/MCP', '/mcp?from=here'])('may spell the address %s', async (path) => {
    expect((await sendAs(server.url, path, auth, 'POST')).status).toBe(415);
    expect((await sendAs(server.url, path, {}, 'POST')).status).toBe(401);
  });

  it('that is too large is refused in words, however it is sent, and the server goes on', async () => {
    const large = JSON.stringify({ ...LIST, params: { padding: 'x'.repeat(70 * 1024) } });
    const packed = await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: { ...auth, 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(large),
    });
    const streamed = await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: { ...auth, 'Content-Type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit);
    const plain = await send(server.url, large, auth);
    const answers = [plain, { status: packed.status, body: await packed.json() }, { status: streamed.status, body: await streamed.json() }];
    for (const { status, body } of answers) {
      expect(status).toBe(413);
      expect(body).toMatchObject({ jsonrpc: '2.0', id: null, error: { message: expect.stringContaining('larger than 65536 bytes') } });
    }
    expect((await send(server.url, INITIALIZE, auth)).status).toBe(200);
  });

  it('may be packed', async () => {
    const body = gzipSync(JSON.stringify(INITIALIZE));
    const headers = {
      ...auth,
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
      Accept: 'application/json, text/event-stream',
    };
    expect((await fetch(`${server.url}/mcp`, { method: 'POST', headers, body })).status).toBe(200);
  });

  it('that trickles in is given up', async () => {
    await using hasty = await startHttp({ ...folder.env, RECOLLECT_AUTH: 'off' }, { requestMs: 300 });
    const socket = await open(hasty.url);
    socket.write(`POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"json`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
    await once(socket, 'close');
    const silent = await open(hasty.url);
    silent.write('POST /mcp HTTP/1.1\r\nHost: local');
    await once(silent.resume(), 'close');
  });

  it('of either era names its tool in what the server knows of it, and what it was', async () => {
    const meta = { 'io.modelcontextprotocol/protocolVersion': REVISION, 'io.modelcontextprotocol/clientCapabilities': {} };
    const call = { ...LIST, method: 'tools/call', params: { name: 'list_conversations', arguments: {}, _meta: meta } };
    const modern = { ...auth, 'MCP-Protocol-Version': REVISION, 'Mcp-Method': 'tools/call', 'Mcp-Name': 'list_conversations' };
    expect(await send(server.url, call, modern)).toMatchObject({ status: 200, body: { id: 7, result: { structuredContent: {} } } });
    const mismatch = await send(server.url, call, { ...modern, 'Mcp-Name': 'forget' });
    expect(mismatch).toMatchObject({ status: 400, body: { id: 7, error: { code: -32020 } } });
    const future = { ...call, params: { ...call.params, _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } } };
    expect(await send(server.url, future, { ...modern, 'MCP-Protocol-Version': '2099-01-01' })).toMatchObject({
      status: 400,
      body: { error: { data: { supported: [REVISION] } } },
    });
  });
});

describe('a session', () => {
  it('ends when its client says so', async () => {
    const session = await begin(await somebody());
    expect((await send(server.url, LIST, session)).status).toBe(200);
    expect((await send(server.url, undefined, session, 'DELETE')).status).toBe(200);
    for (const method of ['POST', 'GET', 'DELETE'])
      expect((await send(server.url, method === 'POST' ? LIST : undefined, session, method)).status).toBe(404);
  });

  it('ends when nobody uses it, but not while its client listens', async () => {
    const [idle, listening, busy] = [await begin(await somebody()), await begin(await somebody()), await begin(await somebody())];
    const leave = new AbortController();
    const stream = await fetch(`${server.url}/mcp`, { headers: { ...listening, Accept: 'text/event-stream' }, signal: leave.signal });
    expect(stream.status).toBe(200);
    now += 3 * 60_000;
    expect((await send(server.url, LIST, busy)).status).toBe(200);
    now += 3 * 60_000;
    expect((await send(server.url, LIST, idle)).status).toBe(404);
    expect((await send(server.url, LIST, listening)).status).toBe(200);
    expect((await send(server.url, LIST, busy)).status).toBe(200);
    leave.abort();
  });

  it('has one stream for news at a time, and a client that comes back gets it again', async () => {
    const session = await begin(await somebody());
    const listen = (signal?: AbortSignal) =>
      fetch(`${server.url}/mcp`, { headers: { ...session, Accept: 'text/event-stream' }, ...(signal && { signal }) });
    const leave = new AbortController();
    expect((await listen(leave.signal)).status).toBe(200);
    expect((await listen()).status).toBe(409);
    leave.abort();
    await expect
      .poll(async () => {
        const again = new AbortController();
        const { status } = await listen(again.signal);
        again.abort();
        return status;
      })
      .toBe(200);
  });

  it('gives way to a newer one of the same client when there are too many, the one that was idle longest first', async () => {
    const headers = await somebody();
    const sessions = [];
    for (let count = 0; count < 3; count += 1) {
      sessions.push(await begin(headers));
      now += 1_000;
    }
    expect((await send(server.url, LIST, sessions[0]!)).status).toBe(200);
    const other = await begin(await somebody());
    const fourth = await begin(headers);
    const statuses = [];
    for (const session of [...sessions, fourth, other]) statuses.push((await send(server.url, LIST, session)).status);
    expect(statuses).toEqual([200, 404, 200, 200, 200]);
  });

  it('is refused when all that its client has are in use', async () => {
    const headers = await somebody();
    const leave = new AbortController();
    for (let count = 0; count < 3; count += 1) {
      const session = await begin(headers);
      await fetch(`${server.url}/mcp`, { headers: { ...session, Accept: 'text/event-stream' }, signal: leave.signal });
    }
    const refused = await send(server.url, INITIALIZE, headers);
    expect(refused).toMatchObject({ status: 429, body: { error: { message: expect.stringContaining('3 sessions') } } });
    expect(refused.headers.get('retry-after')).toBe('5');
    leave.abort();
    await expect.poll(async () => (await send(server.url, INITIALIZE, headers)).status).toBe(200);
  });

  it('that could not begin takes no place', async () => {
    const headers = await somebody();
    for (let count = 0; count < 5; count += 1)
      expect((await send(server.url, INITIALIZE, { ...headers, Accept: 'text/html' })).status).toBe(406);
    const first = await begin(headers);
    expect((await send(server.url, LIST, first)).status).toBe(200);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^recollect_http_sessions \d+$/m);
  });

  it('serves clients that were there when another came with the same words', async () => {
    const key = await server.key({ user: 'two devices' });
    await using phone = await server.old(key);
    await using laptop = await server.modern(key);
    const { conversation_id } = await save(phone, {}, 'from the phone');
    expect((await laptop.callTool('load_history', { conversation_id })).structuredContent).toMatchObject({
      messages: [{ content: 'from the phone' }],
    });
  });
});

async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
