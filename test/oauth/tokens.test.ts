import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret } from '../../src/secret.js';
import { describeEngines } from '../support/engines.js';
import { PASSWORD, type Person, REDIRECT, type Tokens, World } from './world.js';

const refusal = (error: string, status = 400) => ({ status, body: { error, error_description: expect.any(String) } });

describeEngines('what a sign-in leads to', (engine) => {
  let world: World;
  let tenantId: string;
  let person: Person;
  beforeAll(async () => {
    world = await World.open(engine);
    tenantId = await engine.freshTenant();
    person = await world.person(tenantId);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const works = async (token: string) => (await world.call(token)).status;
  const grantOf = async (secret: string) =>
    (await engine.models.OauthGrant.findOne({ where: { tenantId, tokenHash: hashSecret(secret) }, rejectOnEmpty: true })).get();
  /** As if it had been given out so long ago. */
  const expire = (secret: string) =>
    engine.models.OauthGrant.update({ expiresAt: new Date(Date.now() - 1) }, { where: { tenantId, tokenHash: hashSecret(secret) } });

  describe('a code', () => {
    it('is for whoever can prove to have asked for it', async () => {
      const authorized = await world.authorize(person);
      const wrong = { ...authorized, verifier: 'w'.repeat(43) };
      expect(await world.redeem(wrong)).toMatchObject(refusal('invalid_grant'));
      expect(await world.redeem({ ...authorized, verifier: '' })).toMatchObject(refusal('invalid_grant'));
      expect(await world.redeem(authorized)).toMatchObject({ status: 200 });
    });

    it('is for the client that asked for it, at the address it asked for', async () => {
      const authorized = await world.authorize(person);
      const stranger = (await world.register()).body.client_id;
      expect(await world.redeem({ ...authorized, clientId: stranger })).toMatchObject(refusal('invalid_grant'));
      expect(await world.redeem(authorized, { redirect_uri: 'http://127.0.0.1:1/callback' })).toMatchObject(refusal('invalid_grant'));
      expect(await world.redeem(authorized, { resource: 'https://elsewhere.example/mcp' })).toMatchObject(refusal('invalid_target'));
      expect(await world.redeem(authorized)).toMatchObject({ status: 200 });
    });

    it('is good once: a second use ends what came of the first', async () => {
      const authorized = await world.authorize(person);
      const { body: tokens } = await world.redeem(authorized);
      const other = await world.tokens(person);
      expect(await works(tokens.access_token)).toBe(200);
      expect(await world.redeem(authorized)).toMatchObject(refusal('invalid_grant'));
      expect(await works(tokens.access_token)).toBe(401);
      expect(await world.refresh(authorized.clientId, tokens.refresh_token)).toMatchObject(refusal('invalid_grant'));
      expect(await works(other.access_token)).toBe(200);
    });

    it('is good for one of those who bring it at the same time', async () => {
      const authorized = await world.authorize(person);
      const answers = await Promise.all(Array.from({ length: 6 }, () => world.redeem(authorized)));
      const [given, ...more] = answers.filter(({ status }) => status === 200);
      expect([more, answers.filter(({ body }) => body.error === 'invalid_grant').length]).toEqual([[], 5]);
      expect(await works(given!.body.access_token)).toBe(401);
    });

    it('is good for ten minutes, and no longer', async () => {
      const authorized = await world.authorize(person);
      const { createdAt, expiresAt } = await grantOf(authorized.code);
      expect((expiresAt.getTime() - createdAt.getTime()) / 60_000).toBeCloseTo(10, 0);
      await expire(authorized.code);
      expect(await world.redeem(authorized)).toMatchObject(refusal('invalid_grant'));
    });

    it.each(['', 'nonsense', 'rcc_', `rcc_${'x'.repeat(43)}`, `rco_${'x'.repeat(43)}`, '\0'])(
      'that nobody gave out is refused: %j',
      async (code) => {
        const { client_id: clientId } = (await world.register()).body;
        expect(await world.redeem({ clientId, code, verifier: 'v'.repeat(43) })).toMatchObject(refusal('invalid_grant'));
      },
    );
  });

  describe('an access token', () => {
    it('is stored as a hash, like everything that is given out', async () => {
      const { access_token, refresh_token } = await world.tokens(person);
      const rows = await engine.models.OauthGrant.findAll({ where: { tenantId } });
      const stored = JSON.stringify(rows);
      for (const secret of [access_token, refresh_token]) {
        expect(stored).toContain(hashSecret(secret));
        expect(stored).not.toContain(secret.slice(4));
      }
    });

    it('acts for the person alone, with what was allowed', async () => {
      const other = await world.person(tenantId);
      const mine = await world.tokens(person, { scope: 'conversations:read conversations:write' });
      const theirs = await world.tokens(other);
      const { body } = await world.call(theirs.access_token, 'save_turn', { messages: [{ role: 'user', content: 'hidden' }] });
      const { conversation_id } = body.result.structuredContent;
      const seen = await world.call(mine.access_token, 'load_history', { conversation_id });
      expect(seen.body.result).toMatchObject({ isError: true });
      expect(JSON.stringify(seen.body)).not.toContain('hidden');
      expect((await world.call(mine.access_token, 'remember', { content: 'x' })).status).toBe(403);
    });

    it('is good for an hour, and then it is told that it has expired', async () => {
      const { access_token, expires_in } = await world.tokens(person);
      const { createdAt, expiresAt } = await grantOf(access_token);
      expect(expires_in).toBe(3600);
      expect((expiresAt.getTime() - createdAt.getTime()) / 1000).toBeCloseTo(3600, -1);
      await expire(access_token);
      const { status, headers } = await world.call(access_token);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toMatch(
        /^Bearer error="invalid_token", error_description="This token has expired\.", scope="[^"]+", resource_metadata="http/,
      );
    });

    it('is for one server: another on the same database refuses it', async () => {
      const { access_token } = await world.tokens(person);
      await using elsewhere = await World.open(engine);
      const { status, headers } = await elsewhere.call(access_token);
      expect([status, headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token", error_description="This token is for another server.'),
      ]);
      expect(await works(access_token)).toBe(200);
    });

    it('cannot be used to refresh, nor a refresh token to call', async () => {
      const { access_token, refresh_token, clientId } = await world.tokens(person);
      expect(await works(refresh_token)).toBe(401);
      expect(await world.refresh(clientId, access_token)).toMatchObject(refusal('invalid_grant'));
      expect(await works(access_token)).toBe(200);
    });
  });

  describe('a refresh token', () => {
    const live = async ({ access_token, refresh_token, clientId }: Tokens & { clientId: string }) => [
      await works(access_token),
      (await world.refresh(clientId, refresh_token)).status,
    ];

    it('gives a new pair, also after the access token has expired', async () => {
      const first = await world.tokens(person);
      await expire(first.access_token);
      const { status, body } = await world.refresh(first.clientId, first.refresh_token);
      expect([status, body]).toMatchObject([200, { scope: first.scope, token_type: 'Bearer' }]);
      expect(new Set([first.access_token, first.refresh_token, body.access_token, body.refresh_token]).size).toBe(4);
      expect(await works(body.access_token)).toBe(200);
    });

    it('used a second time ends everything of that sign-in, and nothing of another', async () => {
      const stolen = await world.tokens(person);
      const other = await world.tokens(person);
      const { body: second } = await world.refresh(stolen.clientId, stolen.refresh_token);
      const { body: third } = await world.refresh(stolen.clientId, second.refresh_token);
      expect(await works(third.access_token)).toBe(200);
      expect(await world.refresh(stolen.clientId, stolen.refresh_token)).toMatchObject(refusal('invalid_grant'));
      for (const tokens of [stolen, second, third]) expect(await live({ ...tokens, clientId: stolen.clientId })).toEqual([401, 400]);
      expect(await live(other)).toEqual([200, 200]);
    });

    it('is one use for requests that overlap, as from two windows of one client', async () => {
      const { clientId, refresh_token } = await world.tokens(person);
      world.gatherRefreshes(5);
      const answers = await Promise.all(Array.from({ length: 5 }, () => world.refresh(clientId, refresh_token)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
      expect(await works(answers[0]!.body.access_token)).toBe(200);
    });

    it('gives less when less is asked for, and never more', async () => {
      const { clientId, refresh_token } = await world.tokens(person, { scope: 'memories:read memories:write' });
      expect(await world.refresh(clientId, refresh_token, { scope: 'memories:read graph:read' })).toMatchObject(refusal('invalid_scope'));
      const less = await world.refresh(clientId, refresh_token, { scope: 'memories:read' });
      expect(less.body.scope).toBe('memories:read');
      expect((await world.call(less.body.access_token, 'remember', { content: 'x' })).status).toBe(403);
      expect((await world.refresh(clientId, less.body.refresh_token)).body.scope).toBe('memories:read memories:write');
    });

    it('is for the client it was given to, and for this server', async () => {
      const tokens = await world.tokens(person);
      const stranger = (await world.register()).body.client_id;
      expect(await world.refresh(stranger, tokens.refresh_token)).toMatchObject(refusal('invalid_grant'));
      const elsewhere = { resource: 'https://elsewhere.example/mcp' };
      expect(await world.refresh(tokens.clientId, tokens.refresh_token, elsewhere)).toMatchObject(refusal('invalid_target'));
      expect(await live(tokens)).toEqual([200, 200]);
    });

    it('is good for thirty days from its last use', async () => {
      const { clientId, refresh_token } = await world.tokens(person);
      const { createdAt, expiresAt } = await grantOf(refresh_token);
      expect((expiresAt.getTime() - createdAt.getTime()) / 86_400_000).toBeCloseTo(30, 1);
      await expire(refresh_token);
      expect(await world.refresh(clientId, refresh_token)).toMatchObject(refusal('invalid_grant'));
    });

    it('is not given to a client that did not ask for any', async () => {
      const { client_id: clientId } = (await world.register({ grant_types: ['authorization_code'] })).body;
      const { body } = await world.redeem(await world.authorize(person, { clientId }));
      expect([body.access_token, body.refresh_token]).toEqual([expect.any(String), undefined]);
    });
  });

  describe('is over', () => {
    it('when the client gives it back: all of it with the refresh token, else that token alone', async () => {
      const tokens = await world.tokens(person);
      const stranger = (await world.register()).body.client_id;
      const { clientId, access_token, refresh_token } = tokens;
      expect((await world.post('revoke', { client_id: stranger, token: refresh_token })).status).toBe(200);
      expect((await world.post('revoke', { client_id: clientId, token: 'nonsense' })).status).toBe(200);
      expect(await works(access_token)).toBe(200);

      expect((await world.post('revoke', { client_id: clientId, token: access_token, token_type_hint: 'refresh_token' })).status).toBe(200);
      expect(await works(access_token)).toBe(401);
      const { body } = await world.refresh(clientId, refresh_token);
      expect((await world.post('revoke', { client_id: clientId, token: body.refresh_token })).status).toBe(200);
      expect([await works(body.access_token), (await world.refresh(clientId, body.refresh_token)).status]).toEqual([401, 400]);
    });

    const endings: Record<string, (who: Person) => Promise<unknown>> = {
      'the password was changed': async ({ identifier }) =>
        world.app.accounts.setPassword(await world.storeOf(tenantId), identifier, `${PASSWORD}!`),
      'the account was disabled': async ({ identifier }) => world.app.accounts.setDisabled(await world.storeOf(tenantId), identifier, true),
      'the account was deleted': async ({ identifier }) => world.app.accounts.remove(await world.storeOf(tenantId), identifier),
      // Written by hand, as by a process of another kind: the rows of grants are not touched.
      'its role was taken away': ({ identifier }) => byHand({ roles: ['user'] }, identifier),
      'the password is newer than the sign-in': ({ identifier }) => byHand({ passwordChangedAt: new Date() }, identifier),
    };
    const byHand = async (change: object, username: string): Promise<void> => {
      await engine.models.UserCredential.update(change, { where: { tenantId, username } });
      await world.app.access.changed();
    };
    it.each(Object.keys(endings))('when %s', async (name) => {
      const who = await world.person(tenantId, 'service');
      const tokens = await world.tokens(who, { answer: { role: 'service' } });
      const unspent = await world.authorize(who);
      expect(await works(tokens.access_token)).toBe(200);
      await endings[name]!(who);
      expect([await works(tokens.access_token), (await world.refresh(tokens.clientId, tokens.refresh_token)).status]).toEqual([401, 400]);
      // Acting for oneself needs no role, so that code is good as long as the password is.
      expect((await world.redeem(unspent)).status).toBe(name === 'its role was taken away' ? 200 : 400);
    });

    it('when the client was disabled, which can also ask for nothing more', async () => {
      const tokens = await world.tokens(person);
      await engine.models.OauthClient.update({ disabledAt: new Date() }, { where: { externalId: tokens.clientId } });
      await world.app.access.changed();
      expect(await works(tokens.access_token)).toBe(401);
      expect(await world.refresh(tokens.clientId, tokens.refresh_token)).toMatchObject(refusal('invalid_client', 401));
    });

    it('within five seconds in a process that has just seen it good', async () => {
      const { access_token } = await world.tokens(person);
      const { familyId } = await grantOf(access_token);
      expect(await works(access_token)).toBe(200);
      await (await world.storeOf(tenantId)).oauthGrants.revokeFamily(familyId);
      const since = Date.now();
      while ((await works(access_token)) === 200) {
        expect(Date.now() - since).toBeLessThan(4_500);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
  });

  it('is kept for a day after it has expired, and then removed, batch by batch', async () => {
    const tenant = await engine.freshTenant();
    const tokens = await world.tokens(await world.person(tenant));
    const grants = (await world.storeOf(tenant)).oauthGrants;
    const count = () => engine.models.OauthGrant.count({ where: { tenantId: tenant } });
    expect([await count(), await grants.prune(new Date(), 10)]).toEqual([4, 0]);
    await engine.models.OauthGrant.update({ expiresAt: new Date(0) }, { where: { tenantId: tenant, usedAt: null } });
    expect([await grants.prune(new Date(1), 1), await grants.prune(new Date(1), 1), await grants.prune(new Date(1), 1)]).toEqual([1, 1, 0]);
    expect([await count(), (await world.refresh(tokens.clientId, tokens.refresh_token)).status]).toEqual([2, 400]);
  });

  it('asks for nothing else than it was told: other grants, no client, twice the same field', async () => {
    const { client_id } = (await world.register()).body;
    expect(await world.post('token', { grant_type: 'client_credentials', client_id })).toMatchObject(refusal('unsupported_grant_type'));
    expect(await world.post('token', { grant_type: 'password', client_id, username: person.identifier, password: PASSWORD })).toMatchObject(
      refusal('unsupported_grant_type'),
    );
    expect(await world.post('token', { grant_type: 'authorization_code', code: 'x', code_verifier: 'x' })).toMatchObject(
      refusal('invalid_request'),
    );
    expect(await world.post('token', { grant_type: 'refresh_token', client_id: 'nobody', refresh_token: 'x' })).toMatchObject(
      refusal('invalid_client', 401),
    );
    const twice = await fetch(`${world.origin}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams([
        ['client_id', client_id],
        ['client_id', client_id],
        ['grant_type', 'refresh_token'],
      ]),
    });
    expect(twice.status).toBe(400);
    expect((await fetch(`${world.origin}/oauth/token?client_id=${client_id}&redirect_uri=${REDIRECT}`)).status).toBe(405);
  });
});
