import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { AppError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { HttpServer } from '../../src/transports/http/http-server.js';
import { describeEngines } from '../support/engines.js';
import { environmentFor, INITIALIZE, send, sendAs, startHttp, type TestServer } from '../support/http-server.js';
import { programCommand } from '../support/program.js';
import { save } from './contract.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';

let folder: MemoryFolder;
beforeAll(async () => {
  folder = await createMemoryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const get = async (url: string, path: string, headers: Record<string, string> = {}) => {
  const { status, body } = await sendAs(url, path, { Host: 'localhost', ...headers });
  return { status, body };
};

describe('a server that starts', () => {
  it('answers before its database is open, and the first call waits for it', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const late = (app: App): App => ({
      ...app,
      database: () => gate.then(() => app.database()),
      storeFor: (principal) => gate.then(() => app.storeFor(principal)),
    });
    await using server = await startHttp({ ...folder.env, RECOLLECT_AUTH: 'off' }, { app: late });
    await using peer = await server.old();
    expect((await peer.listTools()).tools.length).toBeGreaterThan(5);
    expect(await get(server.url, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await get(server.url, '/readyz')).toEqual({ status: 503, body: { status: 'starting' } });
    const saved = save(peer, {}, 'early');
    open();
    expect((await saved).messages).toHaveLength(1);
    await expect.poll(() => get(server.url, '/readyz')).toEqual({ status: 200, body: { status: 'ready' } });
  });

  it('says who has its port', async () => {
    await using server = await startHttp({ ...folder.env, RECOLLECT_AUTH: 'off' });
    const { port } = new URL(server.url);
    await using app = openApp(loadConfig({ http: true, port }, folder.env), createLog('silent'));
    const refused = HttpServer.listen(app, { authenticator: null });
    await expect(refused).rejects.toMatchObject({
      code: 'unavailable',
      message: `Cannot listen on 127.0.0.1, port ${port}: something else listens there.`,
    });
  });

  it('is not ready while its database is away, and again when it is back', async () => {
    let away = false;
    const flaky = (app: App): App => ({
      ...app,
      database: () => (away ? Promise.reject(new AppError('unavailable', 'Away.')) : app.database()),
    });
    await using server = await startHttp({ ...folder.env, RECOLLECT_AUTH: 'off' }, { app: flaky });
    await expect.poll(() => get(server.url, '/readyz'), { timeout: 10_000 }).toEqual({ status: 200, body: { status: 'ready' } });
    away = true;
    await expect.poll(() => get(server.url, '/readyz'), { timeout: 5_000 }).toEqual({ status: 503, body: { status: 'unavailable' } });
    away = false;
    await expect.poll(() => get(server.url, '/readyz'), { timeout: 5_000 }).toEqual({ status: 200, body: { status: 'ready' } });
    expect(await get(server.url, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  });
});

describe('figures', () => {
  it('are by tool and outcome, and name nobody', async () => {
    await using server = await startHttp(folder.env);
    const key = await server.key({ tenantId: 'local', user: 'somebody-special' });
    await using peer = await server.modern(key);
    await save(peer, {}, 'x');
    await peer.callTool('save_turn', {});
    await expect(peer.callTool('no_such_tool')).rejects.toThrow();
    await send(server.url, INITIALIZE);
    const { status, body } = await get(server.url, '/metrics');
    expect(status).toBe(200);
    for (const line of [
      /^recollect_tool_duration_seconds_count\{tool="save_turn",outcome="ok"\} 1$/m,
      /^recollect_tool_duration_seconds_count\{tool="save_turn",outcome="error"\} 1$/m,
      /^recollect_tool_errors_total\{tool="save_turn",code="invalid_input"\} 1$/m,
      /^recollect_http_requests_total\{route="\/mcp",method="POST",status="200"\} \d+$/m,
      /^recollect_http_requests_total\{route="\/mcp",method="POST",status="401"\} 1$/m,
      /^recollect_http_refused_total\{reason="credential"\} 1$/m,
      /^recollect_http_requests_in_flight 1$/m,
      /^recollect_db_pool_connections [1-9]\d*$/m,
      /^recollect_db_pool_waiting 0$/m,
      /^process_resident_memory_bytes \d+$/m,
      /^# TYPE recollect_corpus_pending gauge$/m,
    ])
      expect(body).toMatch(line);
    expect(body).not.toMatch(/somebody-special|no_such_tool|tenant|rcl_/);
  });

  it('are for this machine alone, unless told otherwise', async () => {
    const statuses = async (metrics: string) => {
      await using server = await startHttp({ ...folder.env, RECOLLECT_AUTH: 'off', RECOLLECT_METRICS: metrics });
      const ask = async (headers: Record<string, string>) => (await get(server.url, '/metrics', headers)).status;
      return [await ask({}), await ask({ 'X-Forwarded-For': '203.0.113.9' }), await ask({ Host: 'evil.example' })];
    };
    expect(await statuses('loopback')).toEqual([200, 404, 403]);
    expect(await statuses('all')).toEqual([200, 200, 200]);
    expect(await statuses('off')).toEqual([404, 404, 403]);
  });
});

describe('the log', () => {
  function listeningLog() {
    const lines: string[] = [];
    const output = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    return { lines, log: pino({ level: 'trace' }, output) };
  }

  it('has a line for each request, with its id, in everything written meanwhile too, and neither secrets nor what was said', async () => {
    const { lines, log } = listeningLog();
    await using server = await startHttp(folder.env, { log });
    const key = await server.key();
    const headers = { Authorization: `Bearer ${key}`, 'X-Request-Id': 'trace-1' };
    const begun = await send(server.url, INITIALIZE, headers);
    expect(begun.headers.get('x-request-id')).toBe('trace-1');
    const session = { ...headers, 'Mcp-Session-Id': begun.headers.get('mcp-session-id')! };
    const call = (id: string, name: string, args: object) =>
      send(
        server.url,
        { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: args } },
        { ...session, 'X-Request-Id': id },
      );
    const said = 'very private words';
    await call('trace-2', 'save_turn', { messages: [{ role: 'user', content: said }] });
    await sendAs(server.url, '/somewhere?code=hush', { 'X-Request-Id': 'two words' });
    const entries = () => lines.map((line) => JSON.parse(line));
    await expect.poll(() => entries().filter(({ msg }) => msg === 'request').length).toBe(3);
    const [, saved, other] = entries().filter(({ msg }) => msg === 'request');
    expect(saved).toMatchObject({
      level: 30,
      requestId: 'trace-2',
      method: 'POST',
      path: '/mcp',
      status: 200,
      ms: expect.any(Number),
      address: expect.stringContaining('127.0.0.1'),
      tenant: 'local',
      rpc: 'tools/call',
      tool: 'save_turn',
    });
    expect(other).toMatchObject({ path: '/somewhere', status: 404, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(lines.join('')).not.toMatch(new RegExp(`${said}|${key}|hush`));
  });

  it('carries the id of the request in lines of other parts', async () => {
    const { lines, log } = listeningLog();
    const entriesOf = (message: string) => lines.map((text) => JSON.parse(text)).filter(({ msg }) => msg === message);
    const broken = (app: App): App => ({ ...app, storeFor: () => Promise.reject(new Error('broken inside')) });
    await using server = await startHttp({ ...folder.env, RECOLLECT_AUTH: 'off' }, { log, app: broken });
    // A call that reads, one that writes and one that is no tool's take three ways through the transports.
    for (const connect of [server.modern, server.old]) {
      lines.length = 0;
      await using peer = await connect.call(server);
      expect((await peer.callTool('list_conversations')).isError).toBe(true);
      expect((await peer.callTool('remember', { content: 'said' })).isError).toBe(true);
      await expect(peer.readResource('memory://stats')).rejects.toThrow();
      await expect.poll(() => entriesOf('request').filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
      const failed = entriesOf('call failed').map(({ requestId }) => requestId);
      expect(new Set(failed).size).toBe(3);
      expect(entriesOf('request').map(({ requestId }) => requestId)).toEqual(expect.arrayContaining(failed));
    }
  });
});

describeEngines('a server that ends', (engine) => {
  const start = (env: Record<string, string> = {}) => startHttp({ ...environmentFor(engine), ...env });
  /** A caller of a tenant of its own. */
  async function caller(server: TestServer) {
    const tenantId = await engine.freshTenant();
    const key = await server.key({ tenantId });
    return { key, tenantId, old: await server.old(key), modern: await server.modern(key) };
  }

  it('finishes every call that is under way, and what was answered is there', async () => {
    const server = await start();
    const { key, old, modern } = await caller(server);
    await save(old, { conversation_key: 'before' }, 'x');
    const inFlight = (count: RegExp) => expect.poll(async () => (await get(server.url, '/metrics')).body, { interval: 1 }).toMatch(count);
    const poll = modern.callTool('poll_events', { after: '0', types: ['purged'], wait_ms: 20_000 });
    await inFlight(/^recollect_http_requests_in_flight [2-9]/m);
    const saves = [old, modern].flatMap((peer) =>
      Array.from({ length: 20 }, (_, index) => save(peer, { conversation_key: 'last' }, `${index}`)),
    );
    const settled = Promise.allSettled([...saves, poll]);
    await inFlight(/^recollect_http_requests_in_flight ([4-9]|\d\d)/m);
    const before = performance.now();
    await server.server.close();
    expect(performance.now() - before).toBeLessThan(8_000);
    const outcomes = await settled;
    const stored = outcomes.slice(0, -1).filter(({ status }) => status === 'fulfilled').length;
    expect(outcomes.at(-1)).toMatchObject({ status: 'fulfilled', value: { structuredContent: { events: [] } } });
    await server.app.close();

    await using next = await start();
    await using peer = await next.modern(key);
    const { structuredContent } = await peer.callTool('load_history', { conversation_key: 'last', limit: 100 });
    // A call that came too late was turned away before it wrote anything.
    expect((structuredContent as { messages: unknown[] } | undefined)?.messages.length ?? 0).toBe(stored);
    expect(stored).toBeGreaterThan(0);
  });

  it('tells its streams and turns away who comes, until it is gone', async () => {
    const server = await start();
    const { key, old, modern } = await caller(server);
    const { conversation_id } = await save(old, {}, 'x');
    await modern.subscribe(`memory://conversations/${conversation_id}`, () => {});
    const begun = await send(server.url, INITIALIZE, { Authorization: `Bearer ${key}` });
    const news = await fetch(`${server.url}/mcp`, {
      headers: { Authorization: `Bearer ${key}`, Accept: 'text/event-stream', 'Mcp-Session-Id': begun.headers.get('mcp-session-id')! },
    });
    await server.server.close();
    expect(await news.text()).toBe('');
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    await server.app.close();
  });

  it('gives up calls that take longer than it may wait', async () => {
    const server = await start({ RECOLLECT_SHUTDOWN_SECONDS: '0' });
    const { old } = await caller(server);
    await save(old, {}, 'x');
    const slow = old.callTool('poll_events', { after: '0', types: ['purged'], wait_ms: 20_000 });
    slow.catch(() => {});
    await expect.poll(async () => (await get(server.url, '/metrics')).body).toMatch(/^recollect_http_requests_in_flight 2/m);
    const before = performance.now();
    await server.server.close();
    await server.app.close();
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe('recollect serve --http', () => {
  const run = (...more: string[]) => {
    const { command, args } = programCommand('serve', '--http', '--port', '0', ...more);
    return spawn(command, args, { env: { ...folder.env, PATH: process.env.PATH ?? '' } });
  };
  const start = async (...args: string[]) => {
    const child = run(...args);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/serves MCP clients at/);
    return { child, url: /http:\/\/[\w.:]+(?=\/mcp)/.exec(said)![0], said: () => said };
  };

  it.each(['SIGTERM', 'SIGINT'] as const)('says where it is and how to come in, and leaves on %s', async (signal) => {
    const { child, url, said } = await start();
    await expect.poll(said).toContain('recollect token create --tenant local');
    expect((await send(url, INITIALIZE)).status).toBe(401);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says loudly when everybody may come in', async () => {
    const { child, url, said } = await start('--no-auth');
    await expect.poll(said).toContain('SIGN-IN IS OFF');
    expect((await send(url, INITIALIZE)).status).toBe(200);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('never lets everybody in from other machines', async () => {
    const child = run('--no-auth', '--host', '0.0.0.0');
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    expect((await once(child, 'close'))[0]).toBe(2);
    expect(said).toContain('Without sign-in it serves this machine only');
  });
});
