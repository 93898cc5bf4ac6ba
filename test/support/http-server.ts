import { request } from 'node:http';
import { StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as OldTransport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type App, openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLog, type Log } from '../../src/log.js';
import { Metrics } from '../../src/metrics.js';
import { type Role, type Scope, scopesOf } from '../../src/principal.js';
import { HttpServer, type Serving } from '../../src/transports/http/http-server.js';
import { modernPeer, oldPeer, type Peer } from '../transports/peers.js';
import type { TestEngine } from './engines.js';

type Who = { tenantId?: string; user?: string; role?: Exclude<Role, 'system'>; scopes?: readonly Scope[] };

export interface TestServer extends AsyncDisposable {
  readonly app: App;
  readonly server: HttpServer;
  readonly url: string;
  /** A new key of somebody. */
  key(who?: Who): Promise<string>;
  old(key?: string): Promise<Peer>;
  modern(key?: string): Promise<Peer>;
  /** Ends everything, the database last. */
  close(): Promise<void>;
}

export type Start = Partial<Serving> & { log?: Log; clock?: () => Date; app?: (app: App) => App };

/** A real server on a free port, with an app of its own on the database that `env` names. */
export async function startHttp(env: Record<string, string>, { log, clock, app: change, ...serving }: Start = {}): Promise<TestServer> {
  const config = loadConfig({ http: true }, { RECOLLECT_PORT: '0', RECOLLECT_TOOLSETS: 'all', ...env });
  const opened = openApp(config, log ?? createLog('silent'), new Metrics());
  const changed = clock ? { ...opened, clock } : opened;
  const app = change ? change(changed) : changed;
  const authenticator = config.auth ? app.authenticator : null;
  const server = await HttpServer.listen(app, { authenticator, ...serving });
  let keys = 0;
  const close = async () => {
    await server.close(AbortSignal.timeout(5_000));
    await app.close();
  };
  const headersOf = (key: string | undefined) => ({
    requestInit: { headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } },
  });
  const address = new URL(`${server.url}/mcp`);
  return {
    app,
    server,
    url: server.url,
    async key({ tenantId = config.tenant, user, role, scopes } = {}) {
      const store = await app.storeFor({ tenantId, user: null, role: 'system', scopes: scopesOf('system') });
      keys += 1;
      const { key } = await app.apiKeys.create(store, { name: `${process.pid}-${server.url}-${keys}`, user, role, scopes });
      return key;
    },
    old: (key) => oldPeer(new OldHttp(address, headersOf(key)) as OldTransport),
    modern: (key) => modernPeer(new ModernHttp(address, headersOf(key))),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The settings of a server on the database of a suite. */
export const environmentFor = ({ config }: TestEngine): Record<string, string> => ({
  RECOLLECT_DURABILITY: 'fast',
  ...(config.url === null ? { RECOLLECT_DATA_DIR: config.dataDir } : { RECOLLECT_DATABASE_URL: config.url }),
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Answer = { status: number; headers: Headers; body: any };

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};

/** A request as a client of the older revisions sends it; the answer is its JSON, or the last message of its stream. */
export async function send(url: string, body: unknown, headers: Record<string, string> = {}, method = 'POST'): Promise<Answer> {
  const response = await fetch(`${url}/mcp`, {
    method,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: parse(await response.text()) };
}

/** Sends what `fetch` refuses to send: a Host header of our own. */
export const sendAs = (url: string, path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const received = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
        resolve({ status: response.statusCode ?? 0, headers: new Headers(received), body: parse(text) });
      });
    });
    sent.on('error', reject).end();
  });

function parse(text: string): unknown {
  const data = text.split('\n').findLast((line) => line.startsWith('data: {'));
  try {
    return JSON.parse(data ? data.slice('data: '.length) : text);
  } catch {
    return text;
  }
}
