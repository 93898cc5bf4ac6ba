import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OauthClientDirectory } from '../../src/repository/system/oauth-client-directory.js';
import { hashSecret } from '../../src/secret.js';
import { IDLE_CLIENT_DAYS, UNUSED_CLIENT_DAYS } from '../../src/services/oauth/lifetimes.js';
import { checkRedirectUris, problemOf } from '../../src/services/oauth/redirect-uris.js';
import { daysBefore } from '../../src/timestamp.js';
import { describeEngines } from '../support/engines.js';
import { type Person, REDIRECT, World } from './world.js';

const DAY = 86_400_000;

describeEngines('a client', (engine) => {
  let world: World;
  let person: Person;
  let tenantId: string;
  beforeAll(async () => {
    world = await World.open(engine, { options: { registrations: 200 } });
    tenantId = await engine.freshTenant();
    person = await world.person(tenantId);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const metadata = async (path: string): Promise<Record<string, unknown>> =>
    JSON.parse(await (await fetch(`${world.origin}/.well-known/${path}`)).text());
  const rowOf = (externalId: string) => engine.models.OauthClient.findOne({ where: { externalId } });

  it('finds the server by its metadata', async () => {
    const server = await metadata('oauth-authorization-server');
    expect(server).toEqual({
      issuer: world.origin,
      authorization_endpoint: `${world.origin}/oauth/authorize`,
      token_endpoint: `${world.origin}/oauth/token`,
      registration_endpoint: `${world.origin}/oauth/register`,
      revocation_endpoint: `${world.origin}/oauth/revoke`,
      scopes_supported: expect.arrayContaining(['memories:write', 'admin']),
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    });
    const resource = await metadata('oauth-protected-resource/mcp');
    expect(resource).toMatchObject({
      resource: world.resource,
      authorization_servers: [world.origin],
      bearer_methods_supported: ['header'],
    });
    expect(resource.scopes_supported).not.toContain('admin');
    expect(await metadata('oauth-protected-resource')).toEqual(resource);
    expect((await fetch(`${world.origin}/.well-known/oauth-protected-resource/other`)).status).toBe(404);
  });

  it('is told nothing about signing in where passwords would travel in the clear', async () => {
    await using open = await World.open(engine, { env: { RECOLLECT_PUBLIC_URL: 'http://memory.example.com' } });
    const { body } = { body: await (await fetch(`${open.server.url}/.well-known/oauth-protected-resource/mcp`)).json() };
    expect(body).toMatchObject({ resource: 'http://memory.example.com/mcp' });
    expect(body).not.toHaveProperty('authorization_servers');
    for (const path of ['oauth/authorize', 'oauth/token', 'oauth/register', '.well-known/oauth-authorization-server']) {
      expect((await fetch(`${open.server.url}/${path}`)).status).toBe(404);
    }
  });

  describe('registers', () => {
    it('without a secret, as programs on a desk do', async () => {
      const { status, body, headers } = await world.register({
        scope: 'memories:read everything',
        client_uri: 'https://desk.example',
        logo_uri: 'https://desk.example/logo.png',
      });
      expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
      expect(body).toEqual({
        client_id: expect.any(String),
        client_id_issued_at: expect.any(Number),
        client_name: 'Desk',
        client_uri: 'https://desk.example',
        redirect_uris: [REDIRECT],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: 'memories:read',
      });
    });

    it.each(['client_secret_basic', 'client_secret_post'])(
      'with a secret it must show (%s), of which only a hash is kept',
      async (method) => {
        const { body } = await world.register({ token_endpoint_auth_method: method });
        const { client_id: clientId, client_secret: secret } = body;
        expect(body).toMatchObject({ client_secret: expect.stringMatching(/^.{40,}$/), client_secret_expires_at: 0 });
        expect(JSON.stringify(await rowOf(clientId))).not.toContain(secret);
        const authorized = await world.authorize(person, { clientId });
        const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`${clientId}:${password}`).toString('base64')}` });
        for (const wrong of ['', 'wrong', hashSecret(secret), `${secret} `]) {
          expect(await world.redeem(authorized, wrong === '' ? {} : { client_secret: wrong })).toMatchObject({
            status: 401,
            body: { error: 'invalid_client' },
          });
          const refused = await world.redeem(authorized, {}, basic(wrong));
          expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Recollect"']);
        }
        expect(await world.redeem(authorized, { client_secret: secret }, basic(secret))).toMatchObject({
          status: 400,
          body: { error: 'invalid_request' },
        });
        expect(await world.redeem(authorized, {}, { authorization: 'Bearer x' })).toMatchObject({ status: 400 });
        const { status, body: tokens } = await (method === 'client_secret_basic'
          ? world.redeem(authorized, {}, basic(secret))
          : world.redeem(authorized, { client_secret: secret }));
        expect(status).toBe(200);
        expect((await world.post('revoke', { client_id: clientId, token: tokens.refresh_token })).status).toBe(401);
        expect((await world.refresh(clientId, tokens.refresh_token, { client_secret: secret })).status).toBe(200);
      },
    );

    const refused: Record<string, [Record<string, unknown>, string]> = {
      'no address': [{ redirect_uris: [] }, 'invalid_redirect_uri'],
      'no list of addresses': [{ redirect_uris: REDIRECT }, 'invalid_client_metadata'],
      'too many addresses': [{ redirect_uris: Array.from({ length: 21 }, (_, n) => `https://a.example/${n}`) }, 'invalid_redirect_uri'],
      'plain http elsewhere': [{ redirect_uris: [REDIRECT, 'http://client.example/cb'] }, 'invalid_redirect_uri'],
      'a script': [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_client_metadata'],
      'a file': [{ redirect_uris: ['file:///etc/passwd'] }, 'invalid_redirect_uri'],
      'a fragment': [{ redirect_uris: ['https://client.example/cb#x'] }, 'invalid_redirect_uri'],
      'another way to prove itself': [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
      'other grants': [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
      'other answers': [{ response_types: ['token'] }, 'invalid_client_metadata'],
      'a name of a megabyte': [{ client_name: 'x'.repeat(90_000) }, 'invalid_client_metadata'],
    };
    it.each(Object.keys(refused))('not with %s', async (name) => {
      const [change, error] = refused[name]!;
      expect(await world.register(change)).toMatchObject({ status: 400, body: { error, error_description: expect.any(String) } });
    });

    it('so often from one address', async () => {
      await using strict = await World.open(engine, { options: { registrations: 3 } });
      const answers = [await strict.register(), await strict.register(), await strict.register(), await strict.register()];
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 429]);
      expect(Number(answers[3]!.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });

  it('that nobody signed in with is forgotten after a day, any other not as long as somebody’s access hangs on it', async () => {
    const [unused, fresh, used, idle] = await Promise.all([world.register(), world.register(), world.register(), world.register()]);
    const ids = [unused, fresh, used, idle].map(({ body }) => body.client_id as string);
    const { OauthClient, OauthGrant } = engine.models;
    await world.tokens(person, { clientId: ids[2]! });
    const gone = await world.person(tenantId);
    await world.tokens(gone, { clientId: ids[3]! });
    await OauthGrant.destroy({ where: { tenantId, clientId: (await rowOf(ids[3]!))!.id } });
    await OauthClient.update(
      { createdAt: new Date(Date.now() - 2 * DAY) },
      { where: { externalId: [ids[0]!, ids[2]!, ids[3]!] }, silent: true },
    );
    await OauthClient.update({ lastUsedAt: new Date(Date.now() - 400 * DAY) }, { where: { externalId: [ids[2]!, ids[3]!] } });
    let removed = 0;
    const directory = new OauthClientDirectory(engine.db);
    const before = { unusedBefore: daysBefore(new Date(), UNUSED_CLIENT_DAYS), idleBefore: daysBefore(new Date(), IDLE_CLIENT_DAYS) };
    for (let batch = -1; batch !== 0; removed += batch) batch = await directory.prune(before, 1);
    expect(removed).toBeGreaterThanOrEqual(2);
    expect(await Promise.all(ids.map(async (id) => (await rowOf(id)) !== null))).toEqual([false, true, true, false]);
    expect(await world.register()).toMatchObject({ status: 201 });
  });

  it('finds no room where a thousand others wait, until those have waited an hour', async () => {
    const { OauthClient } = engine.models;
    const crowd = Array.from({ length: 1_000 }, (_, n) => ({ externalId: `crowd-${engine.name}-${n}` }));
    await OauthClient.bulkCreate(crowd);
    expect(await world.register()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    await OauthClient.update(
      { createdAt: new Date(Date.now() - 2 * 3_600_000) },
      { where: { externalId: crowd.slice(0, 10).map(({ externalId }) => externalId) } },
    );
    expect((await world.register()).status).toBe(201);
    await OauthClient.destroy({ where: { externalId: crowd.map(({ externalId }) => externalId) } });
  });
});

describe('an address for the answer', () => {
  it.each([
    REDIRECT,
    'http://localhost/cb',
    'http://[::1]:80/',
    'https://client.example/a?b=c',
    'com.example.app:/cb',
    'cursor://x/y',
    'vscode://vscode.github-authentication/did-authenticate',
  ])('may be %s', (uri) => {
    expect(problemOf(uri)).toBeUndefined();
  });

  it('never leads over plain http to another machine, nor into the browser itself, however it is written', () => {
    const scheme = fc.constantFrom('http', 'HTTP', 'ftp', 'file', 'data', 'javascript', 'JavaScript', 'blob', 'view-source', 'about');
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4().filter((ip) => !ip.startsWith('127.')),
      fc.constant('127.0.0.1.example.com'),
      fc.constant('localhost.example'),
      fc.constant('user@evil.example'),
    );
    fc.assert(
      fc.property(scheme, host, fc.webPath(), (protocol, name, path) => {
        expect(() => checkRedirectUris([`${protocol}://${name}${path}`])).toThrow();
        expect(() => checkRedirectUris([`${protocol}:${name}${path}`])).toThrow();
      }),
    );
  });
});
