import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import client from '../../src/cli/commands/client.js';
import user from '../../src/cli/commands/user.js';
import type { Store } from '../../src/repository/store.js';
import { OauthGrantDirectory } from '../../src/repository/system/oauth-grant-directory.js';
import { hashSecret } from '../../src/secret.js';
import { runHere } from '../cli/run-here.js';
import { describeEngines } from '../support/engines.js';
import { type Person, REDIRECT, World } from './world.js';

/** What the commands say in JSON, as far as tests look at it. */
type Listed = { client_id: string; disabled_at: string | null; sign_ins: Record<string, number> };
type SignIn = { id: string; username: string; client_id: string };

describeEngines('an administrator of OAuth', (engine) => {
  let world: World;
  let tenantId: string;
  let ann: Person;
  beforeAll(async () => {
    world = await World.open(engine);
    tenantId = await engine.freshTenant();
    ann = await world.person(tenantId);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** In another app than the server's, as from a shell. */
  const place = (): string[] =>
    engine.config.url === null ? ['--data-dir', engine.config.dataDir] : ['--database-url', engine.config.url];
  const clients = (...args: string[]) => runHere(client, ...args, ...place());
  const users = (...args: string[]) => runHere(user, ...args, '--tenant', tenantId, ...place());
  const listed = async (...args: string[]) => (await clients('list', '--json', ...args)).json as Listed[];
  const signInsOf = async (...args: string[]) => (await users('sign-ins', '--json', ...args)).json as SignIn[];
  const works = async ({ access_token }: { access_token: string }) => (await world.call(access_token)).status;
  /** A server that is told takes milliseconds; one that is not remembers for longer than this. */
  const isOut = async (tokens: { access_token: string }) => {
    const since = Date.now();
    while ((await works(tokens)) === 200) {
      if (Date.now() - since > 2_000) return false;
      await sleep(20);
    }
    return true;
  };

  describe('of clients', () => {
    it('lists those that people signed in with, and others when asked', async () => {
      const elsewhere = await world.person(await engine.freshTenant());
      const { clientId } = await world.tokens(ann);
      await world.tokens(ann, { clientId });
      await world.tokens(elsewhere, { clientId });
      const unused = (await world.register({ client_name: 'Nobody came' })).body.client_id as string;
      const seen = (await listed()).find(({ client_id }) => client_id === clientId);
      expect(seen).toMatchObject({
        name: 'Desk',
        redirect_uris: [REDIRECT],
        disabled_at: null,
        last_used_at: expect.stringMatching(/^\d{4}-/),
        sign_ins: { [tenantId]: 2, [elsewhere.tenantId]: 1 },
      });
      expect((await listed()).map(({ client_id }) => client_id)).not.toContain(unused);
      const all = await listed('--all');
      expect(all.find(({ client_id }) => client_id === unused)).toMatchObject({ name: 'Nobody came', last_used_at: null, sign_ins: {} });
      expect(all[0]!.client_id).toBe(unused);

      const text = (await clients('list')).lines.join('\n');
      expect(text).toMatch(new RegExp(`${clientId} {2}Desk\n {2}registered .*, last used .*, 3 sign-ins in 2 tenants; ${REDIRECT}`));
      expect((await clients('show', 'Nobody came')).lines).toContainEqual(expect.stringMatching(/^state +never used, nobody signed in$/));
      expect((await clients('show', clientId)).lines).toContainEqual(`signed in to   tenant ${tenantId}: 2`);
    });

    it('never sees the secret of one, or its hash', async () => {
      const { client_id, client_secret } = (await world.register({ token_endpoint_auth_method: 'client_secret_basic' })).body;
      const { json } = await clients('show', client_id, '--json');
      expect(json).toMatchObject({ client_id, token_endpoint_auth_method: 'client_secret_basic' });
      for (const secret of [client_secret, hashSecret(client_secret)]) expect(JSON.stringify(json)).not.toContain(secret);
    });

    it('must say which of two with the same name', async () => {
      const name = `Twin ${tenantId}`;
      const [one, two] = [await world.register({ client_name: name }), await world.register({ client_name: name })];
      await expect(clients('disable', name)).rejects.toMatchObject({
        code: 'conflict',
        hint: expect.stringContaining(one.body.client_id),
      });
      expect((await clients('show', two.body.client_id, '--json')).json).toMatchObject({ disabled_at: null });
      for (const named of ['', 'nobody', 'a\0b']) await expect(clients('show', named)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('disables one: every sign-in with it is over at once, in a server that runs too, and no other begins', async () => {
      const [tokens, other] = [await world.tokens(ann), await world.tokens(ann)];
      const [unspent, code] = [await world.tokens(ann, tokens), await world.authorize(ann, tokens)];
      expect([await works(tokens), await works(other)]).toEqual([200, 200]);
      const said = await clients('disable', tokens.clientId);
      expect(said.lines).toEqual([`The client ${tokens.clientId} is disabled; it had 3 sign-ins in 1 tenant.`]);
      expect(await isOut(tokens)).toBe(true);
      expect((await world.refresh(tokens.clientId, unspent.refresh_token)).status).toBe(401);
      expect((await world.redeem(code)).status).toBe(401);
      expect((await world.authorize(ann, tokens).catch(() => ({ code: '' }))).code).toBe('');
      expect((await listed()).find(({ client_id }) => client_id === tokens.clientId)).toMatchObject({
        disabled_at: expect.stringMatching(/^\d{4}-/),
        sign_ins: {},
      });
      expect([await works(other), (await world.refresh(other.clientId, other.refresh_token)).status]).toEqual([200, 200]);
    });

    it('enables it again: people sign in anew, and what had ended stays so', async () => {
      const tokens = await world.tokens(ann);
      await clients('disable', tokens.clientId);
      // As if it had been given out by somebody who had not heard of it.
      await engine.models.OauthGrant.update({ revokedAt: null }, { where: { tenantId, tokenHash: hashSecret(tokens.refresh_token) } });
      expect((await clients('enable', tokens.clientId, '--json')).json).toMatchObject({ disabled_at: null, sign_ins: {} });
      expect([await works(tokens), (await world.refresh(tokens.clientId, tokens.refresh_token)).status]).toEqual([401, 400]);
      expect(await works(await world.tokens(ann, { clientId: tokens.clientId }))).toBe(200);
    });

    it('removes one after a look, and says how much went of each tenant', async () => {
      const elsewhere = await world.person(await engine.freshTenant());
      const [tokens, other] = [await world.tokens(ann), await world.tokens(ann)];
      const { clientId } = tokens;
      await world.tokens(elsewhere, { clientId });
      const look = await clients('delete', clientId, '--json');
      const rows = { [tenantId]: 4, [elsewhere.tenantId]: 4 };
      expect(look.json).toEqual({ client_id: clientId, dry_run: true, oauth_grants: rows });
      await expect(clients('delete', clientId, '--confirm', other.clientId)).rejects.toMatchObject({ code: 'invalid_input' });
      expect(await works(tokens)).toBe(200);

      expect((await clients('delete', clientId, '--confirm', clientId, '--json')).json).toEqual({
        ...(look.json as object),
        dry_run: false,
      });
      expect(await isOut(tokens)).toBe(true);
      expect((await world.refresh(clientId, tokens.refresh_token)).status).toBe(401);
      await expect(clients('show', clientId)).rejects.toMatchObject({ code: 'not_found' });
      expect(await works(other)).toBe(200);
    });
  });

  describe('of sign-ins', () => {
    it('lists who is signed in with what, one line for each sign-in whatever came of it', async () => {
      const [bob, elsewhere] = [await world.person(tenantId), await world.person(await engine.freshTenant())];
      const first = await world.tokens(bob, { scope: 'memories:read conversations:read' });
      await world.refresh(first.clientId, first.refresh_token, { scope: 'memories:read' });
      const second = await world.tokens(bob);
      await world.tokens(elsewhere, { clientId: first.clientId });
      const mine = await signInsOf('--account', bob.identifier);
      expect(mine).toMatchObject([
        { client_id: second.clientId, client_name: 'Desk', user: bob.user, role: 'user' },
        { client_id: first.clientId, scopes: ['conversations:read', 'memories:read'], resource: world.resource },
      ]);
      expect(await signInsOf('--client', first.clientId)).toEqual([mine[1]]);
      expect((await signInsOf()).map(({ id }) => id)).toEqual(expect.arrayContaining(mine.map(({ id }) => id)));
      expect(JSON.stringify(mine)).not.toMatch(new RegExp(`rc[or]_|${hashSecret(second.refresh_token)}`));
      expect((await users('sign-ins', '--account', bob.identifier)).lines[0]).toBe(`${mine[0]!.id}  ${bob.identifier}  Desk`);
      await expect(signInsOf('--account', elsewhere.identifier)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('leaves out what is over, however it ended', async () => {
      const bob = await world.person(tenantId);
      const [expired, returned, kept] = [await world.tokens(bob), await world.tokens(bob), await world.tokens(bob)];
      const hashes = [expired.access_token, expired.refresh_token].map(hashSecret);
      await engine.models.OauthGrant.update({ expiresAt: new Date(0) }, { where: { tenantId, tokenHash: hashes } });
      await world.post('revoke', { client_id: returned.clientId, token: returned.refresh_token });
      expect((await signInsOf('--account', bob.identifier)).map(({ client_id }) => client_id)).toEqual([kept.clientId]);
      await world.app.accounts.setPassword(await world.storeOf(tenantId), bob.identifier, 'another horse battery 7');
      expect(await signInsOf('--account', bob.identifier)).toEqual([]);
    });

    it('ends one, and leaves the account and its other sign-ins alone', async () => {
      const bob = await world.person(tenantId);
      const [gone, kept] = [await world.tokens(bob), await world.tokens(bob)];
      const [{ id }] = (await signInsOf('--client', gone.clientId)) as [SignIn];
      expect(await works(gone)).toBe(200);
      expect((await users('sign-out', id)).lines).toEqual([`Signed ${bob.identifier} out of Desk (${id}).`]);
      expect(await isOut(gone)).toBe(true);
      expect((await world.refresh(gone.clientId, gone.refresh_token)).status).toBe(400);
      expect(await works(kept)).toBe(200);
      await expect(users('sign-out', id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await works(await world.tokens(bob, { clientId: gone.clientId }))).toBe(200);
    });

    it('ends those of an account, in all clients or in one, and of nobody else', async () => {
      const bob = await world.person(tenantId);
      const [one, two, three] = [await world.tokens(bob), await world.tokens(bob), await world.tokens(bob)];
      const other = await world.tokens(ann, { clientId: one.clientId });
      expect((await users('sign-out', bob.identifier, '--client', one.clientId)).lines).toHaveLength(1);
      expect([await isOut(one), await works(two)]).toEqual([true, 200]);
      expect((await users('sign-out', bob.identifier, '--json')).json).toHaveLength(2);
      expect([await isOut(two), await isOut(three), await works(other)]).toEqual([true, true, 200]);
      await expect(users('sign-out', bob.identifier)).rejects.toMatchObject({ code: 'not_found' });
    });

    it('reaches no other tenant: neither with the id of a sign-in there nor with the name of an account', async () => {
      const elsewhere = await world.person(await engine.freshTenant());
      const theirs = await world.tokens(elsewhere);
      const [one] = await (await world.storeOf(elsewhere.tenantId)).oauthSignIns.all({});
      for (const named of [one!.id, elsewhere.identifier])
        await expect(users('sign-out', named)).rejects.toMatchObject({ code: 'not_found' });
      expect(await works(theirs)).toBe(200);
    });

    it.runIf(engine.name === 'postgres').each([
      ['signing out', (store: Store, _account: string, family: string) => store.oauthSignIns.end({ id: family })],
      [
        'disabling the account for a while',
        async ({ accounts }: Store, account: string) => {
          await accounts.setDisabled(account, true);
          await accounts.setDisabled(account, false);
        },
      ],
    ])('ends also what a client is getting for its refresh token at that moment: %s', async (_how, end) => {
      const person = await world.person(tenantId);
      const { refresh_token, clientId } = await world.tokens(person);
      const store = await world.storeOf(tenantId);
      const grant = (await new OauthGrantDirectory(engine.db).find(hashSecret(refresh_token)))!;
      const [token, spent, go] = [`rcr_${randomUUID().replaceAll('-', '').padEnd(43, 'x')}`, new AbortController(), new AbortController()];
      const next = { kind: 'refresh_token' as const, tokenHash: hashSecret(token), scopes: grant.scopes, expiresAt: grant.expiresAt };
      const isSpent = once(spent.signal, 'abort');
      const spending = store.transaction(async (own) => {
        await own.oauthGrants.spend(grant, () => [next]);
        spent.abort();
        await once(go.signal, 'abort');
      });
      await isSpent;
      const ending = end(store, person.identifier, grant.familyId);
      while (!(await somebodyWaits())) await sleep(10);
      go.abort();
      await Promise.all([spending, ending]);
      expect((await world.refresh(clientId, token)).status).toBe(400);
    });
  });

  /** For a row that another transaction holds. */
  const somebodyWaits = async (): Promise<boolean> => {
    const text = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return (await engine.db.query({ name: 'somebody_waits', text }, [])).length > 0;
  };
});
