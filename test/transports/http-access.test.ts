import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.js';
import { type Identity, type Scope, scopesOf } from '../../src/principal.js';
import { INITIALIZE, send, sendAs, startHttp, type TestServer } from '../support/http-server.js';
import { save } from './contract.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';

let folder: MemoryFolder;
let server: TestServer;
let key: string;
beforeAll(async () => {
  folder = await createMemoryFolder();
  server = await startHttp({
    ...folder.env,
    RECOLLECT_ALLOWED_ORIGINS: 'https://app.example.com',
    RECOLLECT_ALLOWED_HOSTS: 'memory.internal',
  });
  key = await server.key();
});
afterAll(async () => {
  await server.close();
  await folder[Symbol.asyncDispose]();
});

const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` });
const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };

/** A server on the same folder with other settings. */
const another = (env: Record<string, string>, options = {}): Promise<TestServer> => startHttp({ ...folder.env, ...env }, options);

async function sessionOf({ url }: TestServer, credential: string): Promise<Record<string, string>> {
  const { headers } = await send(url, INITIALIZE, bearer(credential));
  return { ...bearer(credential), 'Mcp-Session-Id': headers.get('mcp-session-id')! };
}

describe('a request without a valid credential', () => {
  it('is told where to sign in and what to ask for, before it has sent anything', async () => {
    const metadata = `resource_metadata="${server.url}/.well-known/oauth-protected-resource/mcp"`;
    for (const method of ['POST', 'GET', 'DELETE']) {
      const { status, headers } = await send(server.url, method === 'POST' ? LIST : undefined, {}, method);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe(`Bearer scope="${[...scopesOf('service')].join(' ')}", ${metadata}`);
    }
  });

  it.each(['nonsense', `rcl_${'x'.repeat(43)}`, 'x'.repeat(5_000), `rco_${'x'.repeat(43)}`])('is refused: %.12s…', async (credential) => {
    const { status, headers, body } = await send(server.url, LIST, bearer(credential));
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token", error_description="[^"]+", scope="/);
    expect(body).toMatchObject({ error: 'invalid_token' });
    expect(JSON.stringify(body)).not.toContain(credential);
  });

  it.each(['Basic dTpw', 'Bearer', 'Bearer a b', 'bearer\t'])('is refused when the header is %j', async (Authorization) => {
    const { status, headers } = await send(server.url, LIST, { Authorization });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('invalid_token');
  });

  it('is let in again neither in the query nor after the key was revoked', async () => {
    expect((await fetch(`${server.url}/mcp?access_token=${key}`, { method: 'POST' })).status).toBe(401);
    const revoked = await server.key({ user: 'gone' });
    const session = await sessionOf(server, revoked);
    expect((await send(server.url, LIST, session)).status).toBe(200);
    const store = await server.app.storeFor({ tenantId: 'local', user: null, role: 'system', scopes: scopesOf('system') });
    await server.app.apiKeys.revoke(store, revoked);
    expect((await send(server.url, LIST, session)).status).toBe(401);
  });

  it('waits when its address has tried too often, while those who were good come in', async () => {
    await using strict = await another({ RECOLLECT_RATE_LIMIT_UNKNOWN: '5' });
    expect((await send(strict.url, INITIALIZE, bearer(key))).status).toBe(200);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1)
      statuses.push((await send(strict.url, LIST, bearer(`rcl_${String(attempt).repeat(43)}`))).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    const refused = await send(strict.url, LIST);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(strict.url, INITIALIZE, bearer(key))).status).toBe(200);
    // A key that was never seen is not looked up now: it might be a guess.
    expect((await send(strict.url, INITIALIZE, bearer(await server.key()))).status).toBe(429);
  });

  it('is told to come back when nobody can say whose it is', async () => {
    const authenticator = { authenticate: () => Promise.reject(new AppError('unavailable', 'The database is away.')) };
    await using away = await another({}, { authenticator });
    const { status, headers, body } = await send(away.url, LIST, bearer(key));
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(body.error.message).toBe('The database is away.');
  });
});

describe('callers', () => {
  it('are slowed down one by one', async () => {
    await using strict = await another({ RECOLLECT_RATE_LIMIT: '5' });
    const [ann, bob] = [await server.key({ user: 'ann' }), await server.key({ user: 'bob' })];
    const answers = [];
    for (let call = 0; call < 6; call += 1) answers.push(await send(strict.url, INITIALIZE, bearer(ann)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(Number(answers.at(-1)!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(strict.url, INITIALIZE, bearer(bob))).status).toBe(200);
  });

  it('find sessions of others to be sessions that never were', async () => {
    const mine = await sessionOf(server, key);
    expect((await send(server.url, LIST, mine)).status).toBe(200);
    const unknown = await send(server.url, LIST, { ...mine, 'Mcp-Session-Id': '0b9f8d53-8a6f-4b8e-9f4e-1d0a4b7a0a11' });
    expect(unknown).toMatchObject({ status: 404, body: { id: 7, error: { code: -32001 } } });
    const others = [await server.key({ user: 'eve' }), await server.key({ scopes: ['graph:read'] }), await server.key()];
    for (const other of others) {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const answer = await send(server.url, method === 'POST' ? LIST : undefined, { ...mine, ...bearer(other) }, method);
        expect(answer.status).toBe(404);
        if (method === 'POST') expect(answer.body).toEqual(unknown.body);
      }
    }
    expect((await send(server.url, LIST, mine)).status).toBe(200);
  });

  it('see and call only what their key allows', async () => {
    const reader = await server.key({ scopes: ['conversations:read'] });
    for (const connect of [server.old, server.modern]) {
      await using peer = await connect(reader);
      const names = (await peer.listTools()).tools.map(({ name }) => name);
      expect(names).toContain('load_history');
      expect(names).not.toContain('save_turn');
      await expect(peer.callTool('save_turn', { messages: [{ role: 'user', content: 'x' }] })).rejects.toMatchObject({ code: -32602 });
    }
  });

  it('who signed in for less are told what is missing; who could never have it are not', async () => {
    const identity = (scopes: Scope[]): Identity => ({
      principal: { tenantId: 'local', user: 'mara', role: 'user', scopes: new Set(scopes) },
      credentialId: 'grant-1',
      kind: 'oauth',
      clientId: 'client-1',
      expiresAt: null,
    });
    await using signedIn = await another({}, { authenticator: { authenticate: async () => identity(['conversations:read']) } });
    const headers = await sessionOf(signedIn, 'token');
    const call = (name: string) => send(signedIn.url, { ...LIST, method: 'tools/call', params: { name, arguments: {} } }, headers);
    const refused = await call('save_turn');
    expect(refused).toMatchObject({ status: 403, body: { id: 7 } });
    expect(refused.headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_scope", error_description="[^"]+", scope="conversations:read conversations:write", resource_metadata="/,
    );
    for (const name of ['list_conversations', 'no_such_tool', 'unlock_account']) expect((await call(name)).status).toBe(200);
  });

  it('keep their session when their token is renewed, and lose it with the scopes', async () => {
    let scopes: Scope[] = ['conversations:read', 'conversations:write'];
    const authenticate = async (token: string): Promise<Identity> => ({
      principal: { tenantId: 'local', user: 'mara', role: 'user', scopes: new Set(scopes) },
      credentialId: token,
      kind: 'oauth',
      clientId: 'client-1',
      expiresAt: null,
    });
    await using signedIn = await another({}, { authenticator: { authenticate } });
    const session = await sessionOf(signedIn, 'token-1');
    expect((await send(signedIn.url, LIST, { ...session, ...bearer('token-2') })).status).toBe(200);
    scopes = ['conversations:read'];
    expect((await send(signedIn.url, LIST, { ...session, ...bearer('token-3') })).status).toBe(404);
  });

  it('hear nothing more on an open stream once the credential is revoked', async () => {
    let good = true;
    const authenticate = async (): Promise<Identity> => {
      if (!good) throw new AppError('unauthenticated', 'Revoked.');
      const principal = { tenantId: 'local', user: null, role: 'service', scopes: scopesOf('service') } as const;
      return { principal, credentialId: 'k', kind: 'api_token', clientId: null, expiresAt: null };
    };
    await using watched = await another({}, { authenticator: { authenticate }, checkStreamsMs: 50 });
    const stream = await fetch(`${watched.url}/mcp`, { headers: { ...(await sessionOf(watched, 'k')), Accept: 'text/event-stream' } });
    expect(stream.status).toBe(200);
    await using modern = await watched.modern('k');
    await modern.subscribe('memory://nothing', () => {});
    good = false;
    // Ends: an open stream would keep this waiting until the test is given up.
    expect(await stream.text()).toBe('');
    const figures = async () => await (await fetch(`${watched.url}/metrics`)).text();
    await expect.poll(figures, { timeout: 10_000 }).toMatch(/^recollect_http_streams 0$/m);
  });
});

describe('without sign-in', () => {
  it('everybody on this machine is the principal of the configuration', async () => {
    await using open = await another({ RECOLLECT_AUTH: 'off', RECOLLECT_TENANT: 'household', RECOLLECT_USER: 'mara' });
    for (const connect of [open.old, open.modern]) {
      await using peer = await connect();
      await save(peer, { conversation_key: 'open' }, 'hello');
    }
    const store = await open.app.storeFor({ tenantId: 'household', user: 'mara', role: 'user', scopes: scopesOf('user') });
    expect((await store.conversations.list({}, { limit: 10 })).items).toMatchObject([{ conversationKey: 'open', messageCount: 2 }]);
  });

  it.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP'])('nobody is let in whom a proxy brings: %s', async (header) => {
    await using open = await another({ RECOLLECT_AUTH: 'off' });
    const { status, body } = await send(open.url, INITIALIZE, { [header]: 'for=203.0.113.9' });
    expect(status).toBe(403);
    expect(body.error.message).toContain('--no-auth');
  });
});

describe('a web page', () => {
  const preflight = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,mcp-session-id' };

  it.each(['https://evil.example', 'http://localhost.evil.example', 'null', 'https://app.example.com.evil.example', 'file://'])(
    'of %s is refused, with a valid key too',
    async (Origin) => {
      const { status, headers } = await send(server.url, INITIALIZE, { ...bearer(key), Origin });
      expect(status).toBe(403);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      const asked = await sendAs(server.url, '/mcp', { Origin, ...preflight }, 'OPTIONS');
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    },
  );

  it.each(['https://app.example.com', 'http://localhost:6274', 'http://127.0.0.1:9'])(
    'of %s may ask, and read the answer',
    async (Origin) => {
      const asked = await sendAs(server.url, '/mcp', { Origin, ...preflight }, 'OPTIONS');
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-origin')).toBe(Origin);
      expect(asked.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Mcp-Session-Id/);
      const answer = await send(server.url, INITIALIZE, { ...bearer(key), Origin });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBe(Origin);
      expect(answer.headers.get('access-control-expose-headers')).toMatch(/Mcp-Session-Id.*WWW-Authenticate/);
      const refused = await send(server.url, LIST, { Origin });
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, Origin]);
    },
  );

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io:3000', '192.168.1.7', 'a b'])(
    'that makes its name %j point here is refused',
    async (Host) => {
      const { status, body } = await sendAs(server.url, '/mcp', { Host, ...bearer(key) });
      expect(status).toBe(403);
      expect(body.error.message).toContain('RECOLLECT_ALLOWED_HOSTS');
    },
  );

  it.each(['localhost', '127.0.0.1:1234', '[::1]:3000', 'memory.internal', 'MEMORY.internal:443'])('asks for %s', async (Host) => {
    expect((await sendAs(server.url, '/mcp', { Host })).status).toBe(401);
  });

  it('is no matter for addresses in numbers when every address was asked for', async () => {
    await using anywhere = await another({ RECOLLECT_HOST: '0.0.0.0', RECOLLECT_PUBLIC_URL: 'https://memory.example.com' });
    const status = async (Host: string) => (await sendAs(anywhere.url, '/mcp', { Host })).status;
    expect(await Promise.all(['192.168.1.7:3000', '[fd00::7]', 'memory.example.com', 'evil.example'].map(status))).toEqual([
      401, 401, 401, 403,
    ]);
    const challenged = await send(anywhere.url, LIST);
    expect(challenged.headers.get('www-authenticate')).toContain('"https://memory.example.com/.well-known/oauth-protected-resource/mcp"');
  });

  it('gives the address of the client only through a proxy that is trusted', async () => {
    const statusesOf = async (env: Record<string, string>) => {
      await using limited = await another({ RECOLLECT_RATE_LIMIT_UNKNOWN: '1', ...env });
      const statuses: number[] = [];
      for (const client of ['203.0.113.1', '203.0.113.2', '2001:db8::1', '2001:db8::ffff', '2001:db8:0:1::1'])
        statuses.push((await send(limited.url, LIST, { 'X-Forwarded-For': client })).status);
      return statuses;
    };
    expect(await statusesOf({})).toEqual([401, 429, 429, 429, 429]);
    // One network of IPv6 is one client.
    expect(await statusesOf({ RECOLLECT_TRUST_PROXY: 'loopback' })).toEqual([401, 401, 401, 429, 401]);
    expect(await statusesOf({ RECOLLECT_TRUST_PROXY: '1' })).toEqual([401, 401, 401, 429, 401]);
  });
});

it('does not wait for a body that nobody may send', async () => {
  const { hostname, port } = new URL(server.url);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': 10_000_000 };
  const sent = request({ hostname, port, path: '/mcp', method: 'POST', headers });
  sent.on('error', () => {});
  sent.flushHeaders();
  const [response] = await once(sent, 'response');
  expect(response.statusCode).toBe(401);
  sent.destroy();
});
