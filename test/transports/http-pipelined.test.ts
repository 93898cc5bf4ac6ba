import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.js';
import { scopesOf } from '../../src/principal.js';
import { startHttp, type TestServer } from '../support/http-server.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';
import { bytesOf, exchange, openSocket } from './raw-http.js';

let folder: MemoryFolder;
let server: TestServer;
let key: string;
let lines: Record<string, unknown>[] = [];
/** What happens before a call gets to its data. */
let before: () => Promise<unknown> = async () => {};

async function start(): Promise<void> {
  const log = pino(
    { level: 'info' },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()));
        done();
      },
    }),
  );
  const app = (app: App): App => ({ ...app, storeFor: (principal) => before().then(() => app.storeFor(principal)) });
  server = await startHttp(folder.env, { log, app });
}

beforeAll(async () => {
  folder = await createMemoryFolder();
  await start();
});
afterAll(async () => {
  await server.close();
  await folder[Symbol.asyncDispose]();
});
beforeEach(async () => {
  before = async () => {};
  key = await server.key();
  lines = [];
});

const call = (id: number, credential = key, name = 'list_conversations'): Buffer =>
  bytesOf({
    method: 'POST',
    headers: [
      ['Host', 'localhost'],
      ['Content-Type', 'application/json'],
      ['Authorization', `Bearer ${credential}`],
      ['MCP-Protocol-Version', '2026-07-28'],
      ['Mcp-Method', 'tools/call'],
      ['Mcp-Name', name],
    ],
    body: Buffer.from(
      JSON.stringify({
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: {
          name,
          arguments: {},
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
    ),
  });
const figure = async (name: string): Promise<number> => {
  const { body } = await server.app.metrics!.text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)?.[1]);
};
const inFlight = () => figure('recollect_http_requests_in_flight');

function hold(): () => void {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  before = () => released;
  return release;
}

describe('requests that come before others are answered', () => {
  it('are answered in their order', async () => {
    const answers = await exchange(server.url, [Buffer.concat([call(1), call(2), call(3)])], { count: 3 });
    expect(answers.map(({ status, body }) => [status, JSON.parse(body).id])).toEqual([
      [200, 1],
      [200, 2],
      [200, 3],
    ]);
  });

  it('are over when their connection breaks, each with its line', async () => {
    const release = hold();
    const socket = await openSocket(server.url);
    socket.write(Buffer.concat([call(1), call(2), call(3), call(4, 'nobody')]));
    await expect.poll(inFlight).toBe(4);
    socket.destroy();
    await expect.poll(inFlight).toBe(0);
    release();
    await expect.poll(() => lines.filter(({ msg }) => msg === 'request')).toHaveLength(4);
    expect(lines.map(({ aborted, tool }) => [aborted, tool])).toEqual([
      [true, 'list_conversations'],
      [true, 'list_conversations'],
      [true, 'list_conversations'],
      [true, undefined],
    ]);
  });

  it('are refused from the one on before which the key was revoked', async () => {
    const socket = await openSocket(server.url);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const release = hold();
    socket.write(call(1));
    await expect.poll(inFlight).toBe(1);
    before = async () => {};
    const { principal, credentialId } = await server.app.authenticator.authenticate(key);
    const store = await server.app.storeFor({ ...principal, user: null, role: 'system', scopes: scopesOf('system') });
    await server.app.apiKeys.revoke(store, credentialId);
    socket.write(call(2));
    release();
    await expect.poll(() => text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401']);
    socket.destroy();
  });

  it('are all answered by a server that ends meanwhile', async () => {
    const release = hold();
    const answers = exchange(server.url, [Buffer.concat([call(1), call(2), call(3)])], { count: 3 });
    await expect.poll(inFlight).toBe(3);
    const closed = server.server.close();
    release();
    expect((await answers).map(({ status, headers }) => [status, headers.get('connection')?.[0]])).toEqual([
      [200, 'keep-alive'],
      [200, 'keep-alive'],
      [200, 'close'],
    ]);
    await closed;
  });
});
