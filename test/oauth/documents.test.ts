import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.js';
import { scopesOf } from '../../src/principal.js';
import { OauthClientDirectory } from '../../src/repository/system/oauth-client-directory.js';
import { OauthGrantDirectory } from '../../src/repository/system/oauth-grant-directory.js';
import { BearerAuthenticator } from '../../src/services/accounts/authenticator.js';
import { ClientDocuments, isDocumentAddress } from '../../src/services/oauth/client-documents.js';
import { openOAuth } from '../../src/services/oauth/open-oauth.js';
import { isPublicAddress } from '../../src/services/oauth/public-addresses.js';
import { describeEngines } from '../support/engines.js';
import { Browser } from './browser.js';
import { REDIRECT, World } from './world.js';

/** A certificate for this machine, of an authority that only these tests know. */
function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'recollect-tls-'));
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'ignore' },
  );
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

type Served = { status?: number; headers?: Record<string, string>; body: string | (() => AsyncIterable<string>) };

describeEngines('a client that describes itself at its address', (engine) => {
  let site: Server;
  let origin: string;
  let world: World;
  let guarded: World;
  let asked: string[] = [];
  const served = new Map<string, Served>();
  const { key, cert } = certificate();

  beforeAll(async () => {
    site = createServer({ key, cert }, async (req, res) => {
      asked.push(req.url ?? '');
      const {
        status = 200,
        headers = { 'content-type': 'application/json' },
        body,
      } = served.get(req.url ?? '') ?? { status: 404, body: '' };
      res.writeHead(status, headers);
      for await (const part of typeof body === 'string' ? [body] : body()) {
        if (res.destroyed) return;
        res.write(part);
      }
      res.end();
    });
    site.listen(0, 'localhost');
    await once(site, 'listening');
    origin = `https://localhost:${(site.address() as AddressInfo).port}`;
    // The one thing that differs from a server in use: this machine counts as the public internet.
    const reachable = (app: App): App => {
      const { access, clock, log, signIn, config } = app;
      const directories = async () => {
        const { db } = await app.database();
        return { clients: new OauthClientDirectory(db), grants: new OauthGrantDirectory(db) };
      };
      const grantsOf = async (tenantId: string) =>
        (await app.storeFor({ tenantId, user: null, role: 'system', scopes: scopesOf('system') })).oauthGrants;
      const documents = new ClientDocuments(clock, log, { allows: () => true, ca: cert });
      const { register } = app.oauth.administration;
      const oauth = openOAuth({ directories, register, grantsOf, signIn, tenant: config.tenant, access, clock, log }, documents);
      return { ...app, oauth, authenticator: new BearerAuthenticator([app.apiKeys, oauth.tokens]) };
    };
    [world, guarded] = await Promise.all([World.open(engine, { app: reachable }), World.open(engine)]);
  });
  afterAll(async () => {
    site.close();
    await Promise.all([world[Symbol.asyncDispose](), guarded[Symbol.asyncDispose]()]);
  });

  let pages = 0;
  /** Puts a document somewhere new and answers its address. */
  const serve = (document: object | ((address: string) => object), more: Partial<Served> = {}): string => {
    pages += 1;
    const clientId = `${origin}/client-${pages}.json`;
    const content =
      typeof document === 'function'
        ? document(clientId)
        : { client_id: clientId, client_name: 'Desk', redirect_uris: [REDIRECT], ...document };
    served.set(`/client-${pages}.json`, { body: JSON.stringify(content), ...more });
    return clientId;
  };
  const open = (clientId: string, of = world) => new Browser().open(of.authorizeUrl({ clientId, verifier: 'v'.repeat(43) }));
  const refused = { status: 400, html: expect.stringContaining('This did not work') };

  it('needs no registration, and is written down when somebody has signed in with it', async () => {
    const tenantId = await engine.freshTenant();
    const person = await world.person(tenantId);
    const clientId = serve({ client_name: 'Desk of the web' });
    const page = await open(clientId);
    expect([page.status, page.html]).toEqual([
      200,
      expect.stringMatching(/Desk of the web[\s\S]*Known as<\/dt><dd>https:\/\/localhost[\s\S]*127\.0\.0\.1:33418 \(this computer\)/),
    ]);
    const rows = () => engine.models.OauthClient.count({ where: { externalId: clientId } });
    expect(await rows()).toBe(0);
    const tokens = await world.tokens(person, { clientId });
    expect((await world.call(tokens.access_token)).status).toBe(200);
    expect((await world.refresh(clientId, tokens.refresh_token)).status).toBe(200);
    expect(await rows()).toBe(1);
    const path = new URL(clientId).pathname;
    expect(asked.filter((each) => each === path)).toEqual([path]);
    // To exchange what it has been given it is not asked for again, also where it cannot be reached.
    const refreshed = await guarded.refresh(clientId, (await world.tokens(person, { clientId })).refresh_token, {});
    expect(refreshed.status).toBe(200);
    await engine.models.OauthClient.update({ disabledAt: new Date() }, { where: { externalId: clientId } });
    expect(await open(clientId)).toMatchObject(refused);
  });

  it('is asked for once by those who come together', async () => {
    const clientId = serve({});
    asked = [];
    const answers = await Promise.all(Array.from({ length: 5 }, () => open(clientId)));
    expect([answers.map(({ status }) => status), asked.length]).toEqual([[200, 200, 200, 200, 200], 1]);
  });

  const wrong: Record<string, () => string> = {
    'is not there': () => `${origin}/missing.json`,
    'is about another client': () => serve({ client_id: `${origin}/other.json` }),
    'names no client': () => serve(() => ({ client_name: 'Desk', redirect_uris: [REDIRECT] })),
    'does not allow the address': () => serve({ redirect_uris: ['https://client.example/cb'] }),
    'has an address that nobody may have': () => serve({ redirect_uris: [REDIRECT, 'http://client.example/cb'] }),
    'wants a secret': () => serve({ token_endpoint_auth_method: 'client_secret_post' }),
    'is no object': () => serve(() => [1, 2]),
    'is null': () => serve({}, { body: 'null' }),
    'is no JSON': () => serve({}, { body: '<html>' }),
    'is no JSON by its type': () => serve({}, { headers: { 'content-type': 'text/html' } }),
    'is elsewhere': () => serve({}, { status: 302, headers: { location: `${origin}/client-1.json`, 'content-type': 'application/json' } }),
    'is too long': () => serve({ client_name: 'x'.repeat(40_000) }),
    'never ends': () =>
      serve({}, {
        async *body() {
          for (;;) yield await new Promise<string>((resolve) => setImmediate(resolve, ' '.repeat(4_096)));
        },
      } as Partial<Served>),
  };
  it.each(Object.keys(wrong))('is refused when its document %s', async (name) => {
    const page = await open(wrong[name]!());
    expect(page).toMatchObject(refused);
    expect(page.location).toBeUndefined();
  });

  it('is not asked for over and over when its document cannot be had', async () => {
    const clientId = `${origin}/missing-${engine.name}.json`;
    asked = [];
    for (let n = 0; n < 3; n += 1) expect(await open(clientId)).toMatchObject(refused);
    expect(asked.length).toBe(1);
  });

  it('cannot make the server knock at doors of its own network', async () => {
    const { port } = new URL(origin);
    asked = [];
    let connections = 0;
    const count = () => {
      connections += 1;
    };
    site.on('connection', count);
    served.set('/door.json', { body: '{}' });
    const hosts = [
      'localhost',
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '0.0.0.0',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '10.0.0.1',
      '192.168.0.1',
      '169.254.169.254',
      '[fe80::1]',
      '[fd00::1]',
    ];
    for (const host of hosts) {
      // Written the way `URL` writes it, the one way in which a client_id is taken for an address at all.
      const page = await open(new URL(`https://${host}:${port}/door.json`).href, guarded);
      expect(page).toMatchObject(refused);
      expect(page.html).not.toMatch(/ECONN|public internet|certificate/);
    }
    site.off('connection', count);
    expect([asked, connections]).toEqual([[], 0]);
  });
});

describe('the address of a document', () => {
  it.each(['https://client.example/id.json', 'https://client.example:8443/a/b?c=d'])('may be %s', (address) => {
    expect(isDocumentAddress(address)).toBe(true);
  });
  it.each([
    'http://client.example/id',
    'https://client.example',
    'https://client.example/',
    'https://client.example/a#b',
    'https://u:p@client.example/a',
    'https://client.example/a/../b',
    'https://CLIENT.example/a',
    'ftp://client.example/a',
    `https://client.example/${'x'.repeat(500)}`,
    'https://',
  ])('is never %s', (address) => {
    expect(isDocumentAddress(address)).toBe(false);
  });
});

describe('an address of the public internet', () => {
  it.each(['1.1.1.1', '8.8.8.8', '93.184.215.14', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    'is %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it('is none of this machine, of a network behind it, or of nowhere, in either family', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const inside = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127, 224, 239, 240, 255), byte, byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
    );
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    fc.assert(
      fc.property(inside, group, (bytes, tail) => {
        const four = bytes.join('.');
        const pair = (at: number) => (bytes[at]! * 256 + bytes[at + 1]!).toString(16);
        const translated = [`::ffff:${four}`, `::${four}`, `64:ff9b::${four}`, `2002:${pair(0)}:${pair(2)}::1`];
        const own = ['fe80', 'fc00', 'fd12', 'ff02'].map((head) => `${head}::${tail}`);
        for (const address of [four, ...translated, ...own, '::', '::1', '', 'localhost'])
          expect([address, isPublicAddress(address)]).toEqual([address, false]);
      }),
    );
  });
});
