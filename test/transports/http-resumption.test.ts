import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANSWER_MS, MOST_BYTES, MOST_NOTIFICATIONS, MOST_STREAMS, SessionEvents } from '../../src/transports/http/session-events.js';
import { INITIALIZE, send, type TestServer } from '../support/http-server.js';
import { nextCall, save } from './contract.js';
import { startOnFolder } from './folder-server.js';
import { oldPeer } from './peers.js';

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startOnFolder();
  key = await server.key();
});
afterAll(() => server.close());

/** A way to the server that breaks when it is told to, with everything that is on it. */
async function shakyLine(): Promise<AsyncDisposable & { url: URL; cut(): void; mend(): void }> {
  const { hostname, port } = new URL(server.url);
  const open = new Set<Socket>();
  let isCut = false;
  const line = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  const cut = () => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    url: new URL(`http://127.0.0.1:${(line.address() as AddressInfo).port}/mcp`),
    cut,
    mend: () => {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      cut();
      line.close();
    },
  };
}

const HASTY = { initialReconnectionDelay: 50, maxReconnectionDelay: 200, reconnectionDelayGrowFactor: 1.5, maxRetries: 100 };
const over = (url: URL) =>
  new StreamableHTTPClientTransport(url, {
    requestInit: { headers: { Authorization: `Bearer ${key}` } },
    reconnectionOptions: HASTY,
  }) as Transport;

describe("the SDK's client, when its connection breaks", () => {
  it('gets the answer to a call that was under way', async () => {
    await using line = await shakyLine();
    await using peer = await oldPeer(over(line.url));
    await using writer = await server.modern(key);
    const { conversation_id } = await save(writer, {}, 'said before');
    const seen = await peer.callTool('poll_events', { after: '0', conversation_id });
    const after = seen.structuredContent?.next_cursor;
    const polling = peer.callTool('poll_events', { after, conversation_id, wait_ms: 20_000 });
    // The call, and nothing but it and the question for the figure.
    await expect.poll(() => figure('recollect_http_requests_in_flight')).toBe(2);
    line.cut();
    const { messages } = await save(writer, { conversation_id }, 'said meanwhile');
    line.mend();
    const answer = await polling;
    expect(answer.isError).toBeFalsy();
    expect(JSON.stringify(answer.structuredContent)).toContain(messages[0]!.id);
  });

  it('is told of what changed while it was away', async () => {
    await using line = await shakyLine();
    await using peer = await oldPeer(over(line.url));
    await using writer = await server.modern(key);
    const { conversation_id } = await save(writer, {}, 'first');
    let told = nextCall(10_000);
    await peer.subscribe(`memory://conversations/${conversation_id}`, () => told.tell());
    await save(writer, { conversation_id }, 'second');
    await told.called;
    const streams = await figure('recollect_http_streams');
    line.cut();
    await expect.poll(() => figure('recollect_http_streams')).toBeLessThan(streams);
    told = nextCall(10_000);
    await save(writer, { conversation_id }, 'third');
    line.mend();
    await told.called;
  });
});

describe('Last-Event-ID', () => {
  it('leads to events of the same session only, and says so where there are none any more', async () => {
    const [mine, another] = [await begin(), await begin()];
    const stranger = { ...(await begin(await server.key({ user: 'stranger' }))) };
    const id = await anAnswerOf(mine, 'secret of mine');
    expect(await resumed(mine, id.first)).toMatchObject({ status: 200, text: expect.stringContaining('secret of mine') });
    expect(await resumed(mine, id.last)).toMatchObject({ status: 200, text: '' });

    for (const wrong of [id.first, '99-1', `${id.first}0`, '0', 'x', '../..', '-1--1'])
      expect(await resumed(another, wrong), wrong).toMatchObject({ status: 400, text: expect.stringContaining('no longer kept') });
    const foreign = { ...stranger, 'Mcp-Session-Id': mine['Mcp-Session-Id']! };
    expect(await resumed(foreign, id.first)).toMatchObject({ status: 404 });
  });

  it('need not be there: what was to be told while no stream was open is told on the next one, once', async () => {
    const headers = await begin();
    await using writer = await server.modern(key);
    const { conversation_id } = await save(writer, {}, 'first');
    const uri = `memory://conversations/${conversation_id}`;
    await send(server.url, { jsonrpc: '2.0', id: 2, method: 'resources/subscribe', params: { uri } }, headers);
    const silent = await open(headers);
    const streams = await figure('recollect_http_streams');
    await silent.close();
    await expect.poll(() => figure('recollect_http_streams')).toBeLessThan(streams);
    await save(writer, { conversation_id }, 'second');
    // Whoever asks for no stream is told nothing, and takes nothing from the client.
    const wrong = await fetch(`${server.url}/mcp`, { headers: { ...headers, Accept: 'application/json' } });
    expect(wrong.status).toBe(406);
    const next = await open(headers);
    expect(await next.next()).toContain(uri);
    await next.close();
    await expect.poll(() => figure('recollect_http_streams')).toBeLessThan(streams);
    const last = await open(headers);
    await save(writer, { conversation_id }, 'third');
    const event = await last.next();
    expect(event).toContain(uri);
    expect(await Promise.race([last.next(), new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))])).toBe('nothing');
    await last.close();
  });

  it('takes the stream of notifications over from a connection that is dead without anybody having noticed', async () => {
    const headers = await begin();
    await using writer = await server.modern(key);
    const { conversation_id } = await save(writer, {}, 'first');
    const subscribe = {
      jsonrpc: '2.0',
      id: 2,
      method: 'resources/subscribe',
      params: { uri: `memory://conversations/${conversation_id}` },
    };
    await send(server.url, subscribe, headers);
    const dead = await open(headers);
    await save(writer, { conversation_id }, 'second');
    const [id] = /(?<=^id: ).+/m.exec(await dead.next()) ?? [];
    await save(writer, { conversation_id }, 'third');
    await dead.next();
    const again = await open(headers, id);
    expect(again.status).toBe(200);
    expect(await again.next()).toContain(conversation_id);
    await dead.ended;
    // Without an id it is another stream, and a session has one.
    expect((await open(headers)).status).toBe(409);
    await again.close();
  });
});

describe('what is kept for a session', () => {
  const replay = async (events: SessionEvents, id: string): Promise<object[]> => {
    const messages: object[] = [];
    await events.replayEventsAfter(id, { send: async (_, message) => void messages.push(message) });
    return messages;
  };
  const answer = (id: number, text: string) => ({ jsonrpc: '2.0' as const, id, result: { content: [{ type: 'text', text }] } });
  const gone = (id: number) => ({ jsonrpc: '2.0', id, error: { code: -32_000, message: expect.stringContaining('no longer kept') } });
  const changed = (uri: string) => ({ jsonrpc: '2.0' as const, method: 'notifications/resources/updated', params: { uri } });
  const progress = { jsonrpc: '2.0' as const, method: 'notifications/progress', params: { progressToken: 1, progress: 1 } };

  it('are answers for two minutes, and then that they are gone', async () => {
    let now = 0;
    const events = new SessionEvents(() => now);
    const first = await events.storeEvent('call', {} as never);
    await events.storeEvent('call', progress);
    await events.storeEvent('call', answer(7, 'short'));
    now = ANSWER_MS - 1;
    expect(await replay(events, first)).toEqual([progress, answer(7, 'short')]);
    now = ANSWER_MS;
    expect(await replay(events, first)).toEqual([gone(7)]);
  });

  it('are answers up to a size together, the newest of them', async () => {
    const events = new SessionEvents(() => 0);
    const text = 'x'.repeat(MOST_BYTES / 10);
    const ids: string[] = [];
    for (let call = 0; call < 5; call += 1) {
      ids.push(await events.storeEvent(`call ${call}`, {} as never));
      await events.storeEvent(`call ${call}`, answer(call, text));
    }
    expect(await replay(events, ids[1]!)).toEqual([gone(1)]);
    expect(await replay(events, ids[4]!)).toEqual([answer(4, text)]);
  });

  it('are so many calls, those that still run the longest', async () => {
    const events = new SessionEvents(() => 0);
    const running = await events.storeEvent('running', {} as never);
    const over = await events.storeEvent('over', {} as never);
    await events.storeEvent('over', answer(1, 'x'));
    for (let call = 2; call < MOST_STREAMS; call += 1) await events.storeEvent(`call ${call}`, answer(call, 'x'));
    expect([events.knows(running), events.knows(over)]).toEqual([true, true]);
    await events.storeEvent('one more', {} as never);
    expect([events.knows(running), events.knows(over)]).toEqual([true, false]);
  });

  it('is the last of notifications that say the same, and that some were lost', async () => {
    const events = new SessionEvents(() => 0);
    const [a, b] = [await events.storeEvent('_GET_stream', changed('a')), await events.storeEvent('_GET_stream', changed('b'))];
    await events.storeEvent('_GET_stream', changed('a'));
    expect(await replay(events, a)).toEqual([changed('b'), changed('a')]);
    for (let other = 0; other < MOST_NOTIFICATIONS - 1; other += 1) await events.storeEvent('_GET_stream', changed(`other ${other}`));
    // `b` had to go: who saw it misses nothing, who had not would.
    expect([events.knows(a), events.knows(b)]).toEqual([false, true]);
    expect(await replay(events, b)).toHaveLength(MOST_NOTIFICATIONS);
  });
});

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

async function begin(credential = key): Promise<Record<string, string>> {
  const authorization = { Authorization: `Bearer ${credential}` };
  const { headers } = await send(server.url, INITIALIZE, authorization);
  return { ...authorization, 'Mcp-Session-Id': headers.get('mcp-session-id')!, 'MCP-Protocol-Version': '2025-11-25' };
}

/** Ids of the first and the last event of a call whose answer holds the text. */
async function anAnswerOf(headers: Record<string, string>, text: string): Promise<{ first: string; last: string }> {
  const params = { name: 'save_turn', arguments: { title: text, messages: [{ role: 'user', content: text }] } };
  const saved = await send(server.url, { jsonrpc: '2.0', id: 2, method: 'tools/call', params }, headers);
  const { conversation_id } = saved.body.result.structuredContent;
  // A call that only reads is no stream.
  const rename = { name: 'update_conversation', arguments: { conversation_id, title: `${text}, said again` } };
  const response = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'tools/call', params: rename }),
  });
  const ids = [...(await response.text()).matchAll(/^id: (.+)$/gm)].map(([, id]) => id!);
  return { first: ids[0]!, last: ids.at(-1)! };
}

async function resumed(headers: Record<string, string>, id: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}/mcp`, { headers: { ...headers, Accept: 'text/event-stream', 'Last-Event-ID': id } });
  return { status: response.status, text: await response.text() };
}

/** An open stream, read event by event. */
async function open(headers: Record<string, string>, id?: string) {
  const stop = new AbortController();
  const { status, body } = await fetch(`${server.url}/mcp`, {
    headers: { ...headers, Accept: 'text/event-stream', ...(id !== undefined && { 'Last-Event-ID': id }) },
    signal: stop.signal,
  });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<string> => {
    while (!text.includes('\n\n')) {
      const { value, done } = await reader.read();
      if (done) return '';
      text += value;
    }
    const [event = '', ...rest] = text.split('\n\n');
    text = rest.join('\n\n');
    return event;
  };
  return {
    status,
    next,
    get ended() {
      return next().then((event) => expect(event).toBe(''));
    },
    async close() {
      stop.abort();
      await reader.cancel().catch(() => {});
    },
  };
}
