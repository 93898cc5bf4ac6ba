import { expect, it } from 'vitest';
import { openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { newId } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { type AccountRecord, principalOfAccount } from '../../src/repository/accounts/account-records.js';
import { hashSecret, newSecret } from '../../src/secret.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

const GOOD = 'Violet7.Harbour';
const OTHER = 'Copper3.Lantern';

describeEngines('accounts', (engine) => {
  /** A whole program on the database of this suite, as a second process would be. */
  const program = (tenant: string) => {
    const { url, dataDir } = engine.config;
    const env = { RECOLLECT_BCRYPT_COST: '4', RECOLLECT_TENANT: tenant, RECOLLECT_DATA_DIR: dataDir, RECOLLECT_DURABILITY: 'fast' };
    return openApp(loadConfig({}, { ...env, ...(url !== null && { RECOLLECT_DATABASE_URL: url }) }), createLog('silent'));
  };
  const world = async () => {
    const tenantId = await engine.freshTenant();
    const app = program(tenantId);
    const store = await storeFor(engine.db, { tenantId, role: 'system' });
    const signIn = (identifier: string, password: string) => app.signIn.attempt({ tenantId, identifier, password, client: {} });
    return { tenantId, app, store, signIn, [Symbol.asyncDispose]: () => app.close() };
  };

  it('are made for a person, known or new, with a role', async () => {
    await using it = await world();
    const { app, store, tenantId } = it;
    await store.users.upsert('feishu:42', { displayName: 'Ann' });
    const ann = await app.accounts.create(store, { username: ' ann ', password: GOOD, email: 'Ann@Example.org', user: 'feishu:42' });
    expect(ann).toMatchObject({ username: 'ann', email: 'Ann@Example.org', user: 'feishu:42', displayName: 'Ann', role: 'user' });
    expect(ann).not.toHaveProperty('passwordHash');
    const ops = await app.accounts.create(store, { username: 'ops', password: GOOD, role: 'admin', displayName: 'Operations' });
    expect(ops).toMatchObject({ user: 'ops', displayName: 'Operations', email: null, role: 'admin' });
    for (const named of ['ANN', 'ann@example.org', ann.id, ann.id.toUpperCase()]) expect((await store.accounts.get(named)).id).toBe(ann.id);
    expect(principalOfAccount(tenantId, ann)).toMatchObject({ user: 'feishu:42', role: 'user' });
    expect(principalOfAccount(tenantId, ops)).toMatchObject({ user: null, role: 'admin' });
    const stranger = await storeFor(engine.db, { tenantId: await engine.freshTenant(), role: 'system' });
    for (const named of ['ann', 'ann@example.org', ann.id])
      await expect(stranger.accounts.get(named)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are refused where the name, the address or the person has one, in any case, also at once', async () => {
    await using it = await world();
    const { app, store } = it;
    await app.accounts.create(store, { username: 'Ärmin', password: GOOD, email: 'A@example.org', user: 'p1' });
    const make = (wish: object) => app.accounts.create(store, { username: 'someone', password: GOOD, ...wish });
    for (const [wish, what] of [
      [{ username: 'ärmin' }, 'the name ärmin'],
      [{ username: 'A\u0308rmin' }, 'the name Ärmin'],
      [{ email: 'a@EXAMPLE.org' }, 'the e-mail address a@EXAMPLE.org'],
      [{ user: 'p1' }, 'the person p1'],
    ] as const)
      await expect(make(wish)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(what) });
    const made = await Promise.allSettled(['TWIN', 'twin', 'Twin'].map((username) => make({ username, user: username })));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await store.accounts.list({}, { limit: 10 })).items).toHaveLength(2);
    // What was refused has left no person behind.
    await expect(store.users.get('someone')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are refused with names and addresses that are none, and with passwords that will not do', async () => {
    await using it = await world();
    const { app, store } = it;
    for (const username of ['', ' ', 'a@b', 'two words', '.dot', 'x'.repeat(101), 'nul\0', 'line\nbreak', '-rf'])
      await expect(app.accounts.create(store, { username, password: GOOD }), username).rejects.toMatchObject({ code: 'invalid_input' });
    for (const email of ['', 'x', 'a@b', 'a b@example.org', `${'x'.repeat(250)}@example.org`])
      await expect(app.accounts.create(store, { username: 'ok', password: GOOD, email })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(app.accounts.create(store, { username: 'ok', password: 'ok' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/at least 10 are needed\.\n.*of these/s),
    });
    expect((await store.accounts.list({}, { limit: 10 })).items).toEqual([]);
  });

  it('are listed in pages, by text and role', async () => {
    await using it = await world();
    const { app, store } = it;
    for (const [at, username] of ['eve', 'Bob', 'alice', 'Dan', 'carol'].entries())
      await app.accounts.create(store, { username, password: GOOD, role: at === 1 ? 'admin' : 'user' });
    const names: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { items, nextCursor } = await store.accounts.list({}, { limit: 2, cursor });
      names.push(...items.map(({ username }) => username));
      expect(JSON.stringify(items)).not.toMatch(/hash|\$2|"place"/i);
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    expect(names).toEqual(['alice', 'Bob', 'carol', 'Dan', 'eve']);
    expect((await store.accounts.list({ role: 'admin' }, { limit: 9 })).items).toMatchObject([{ username: 'Bob' }]);
    expect((await store.accounts.list({ query: 'aro' }, { limit: 9 })).items).toMatchObject([{ username: 'carol' }]);
  });

  /** What an OAuth client was given by an account, still good. */
  const grant = async (tenantId: string, { id: credentialId, userId }: AccountRecord) => {
    const { OauthClient, OauthGrant } = engine.models;
    const clientId = newId();
    await OauthClient.create({ id: clientId, externalId: clientId } as never);
    const row = { tenantId, clientId, userId, credentialId, familyId: newId(), kind: 'refresh_token', tokenHash: newId(), resource: 'x' };
    const { id } = await OauthGrant.create({ ...row, signedInAt: new Date(), expiresAt: new Date(Date.now() + 1e6) } as never);
    return async () => {
      const found = await OauthGrant.findOne({ where: { tenantId, id } });
      return found !== null && found.revokedAt === null;
    };
  };

  it('have a new password, and nothing that the old one led to, after it was set', async () => {
    await using it = await world();
    const { app, store, signIn, tenantId } = it;
    const ann = await app.accounts.create(store, { username: 'ann', password: GOOD });
    const bob = await app.accounts.create(store, { username: 'bob', password: GOOD });
    const [good, bobs] = [await grant(tenantId, ann), await grant(tenantId, bob)];
    const { token } = await app.accounts.startReset(store, 'ann');
    await expect(app.accounts.setPassword(store, 'ann', 'ann')).rejects.toMatchObject({ code: 'invalid_input' });
    expect([await good(), (await signIn('ann', GOOD)).ok]).toEqual([true, true]);
    for (let failures = 0; failures < 6; failures += 1) await signIn('ann', 'wrong');
    await app.accounts.setPassword(store, 'ann', OTHER);
    expect([await good(), await bobs()]).toEqual([false, true]);
    await expect(app.accounts.finishReset(store, token, 'Silver9.Meadows')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect([(await signIn('ann', GOOD)).ok, (await signIn('ann', OTHER)).ok]).toEqual([false, true]);
  });

  it('are reset with a token that is good once, for a while, and the last of its kind', async () => {
    await using it = await world();
    const { app, store, signIn, tenantId } = it;
    const ann = await app.accounts.create(store, { username: 'ann', password: GOOD });
    const good = await grant(tenantId, ann);
    const early = await app.accounts.startReset(store, 'ann');
    const { token, expiresAt } = await app.accounts.startReset(store, 'ann');
    expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(59 * 60_000);
    const rows = await engine.models.PasswordResetToken.findAll({ where: { tenantId } });
    expect(rows.map(({ tokenHash }) => tokenHash).sort()).toEqual([early.token, token].map(hashSecret).sort());

    const finish = (token: string, password = OTHER) => app.accounts.finishReset(store, token, password);
    for (const wrong of [early.token, newSecret('reset'), '', token.slice(0, -1)])
      await expect(finish(wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(finish(token, 'short')).rejects.toMatchObject({ code: 'invalid_input' });
    const stranger = await storeFor(engine.db, { tenantId: await engine.freshTenant(), role: 'system' });
    await expect(app.accounts.finishReset(stranger, token, OTHER)).rejects.toMatchObject({ code: 'unauthenticated' });
    for (let failures = 0; failures < 6; failures += 1) await signIn('ann', 'wrong');
    expect([await good(), await signIn('ann', GOOD)]).toMatchObject([true, { ok: false, reason: 'locked' }]);

    const results = await Promise.allSettled([finish(token), finish(token, 'Silver9.Meadows')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const chosen = results[0]!.status === 'fulfilled' ? OTHER : 'Silver9.Meadows';
    expect([await good(), (await signIn('ann', chosen)).ok, (await signIn('ann', GOOD)).ok]).toEqual([false, true, false]);
    await expect(finish(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('cannot be reset with a token that has expired, and spent tokens are pruned in batches', async () => {
    const tenantId = await engine.freshTenant();
    const time = { now: Date.parse('2026-03-01T12:00:00Z') };
    const store = await storeFor(engine.db, { tenantId, role: 'system', clock: () => new Date(time.now) });
    const account = await store.accounts.create({ username: 'ann', passwordHash: 'x' });
    for (const token of ['a', 'b', 'c']) await store.passwordResets.issue(account.id, token, new Date(time.now + 1000));
    time.now += 999;
    expect(await store.passwordResets.find('c')).toBe(account.id);
    time.now += 1;
    await expect(store.passwordResets.find('c')).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(store.passwordResets.redeem('c')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await store.passwordResets.prune(new Date(time.now - 1000))).toBe(0);
    const past = new Date(time.now + 1);
    expect([await store.passwordResets.prune(past, 2), await store.passwordResets.prune(past, 2)]).toEqual([2, 1]);
  });

  it('go with every way in that their person had, and what is remembered stays', async () => {
    await using it = await world();
    const { app, store, signIn, tenantId } = it;
    const ann = await app.accounts.create(store, { username: 'ann', password: GOOD, email: 'ann@example.org' });
    await app.accounts.create(store, { username: 'bob', password: GOOD });
    const key = await app.apiKeys.create(store, { name: 'phone', user: 'ann' });
    const bobs = await app.apiKeys.create(store, { name: 'phone', user: 'bob' });
    const good = await grant(tenantId, ann);
    await store.activeUser.set('ann');
    await store.users.upsert('ann', { profile: { city: 'Oslo' } });
    await signIn('ann', 'wrong');
    await app.accounts.startReset(store, 'ann');
    await app.authenticator.authenticate(key.key);

    await app.accounts.remove(store, 'ANN@example.org');
    await expect(app.authenticator.authenticate(key.key)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(app.authenticator.authenticate(bobs.key)).resolves.toBeDefined();
    expect([await good(), await store.activeUser.get(), (await signIn('ann', GOOD)).ok]).toEqual([false, null, false]);
    expect((await store.settings.get()).active_user).toBeUndefined();
    expect((await store.users.get('ann')).profile).toEqual({ city: 'Oslo' });
    const { items } = await store.loginAttempts.list({ identifier: 'ann' }, { limit: 10 });
    expect(items).toMatchObject([{ username: null }, { username: null }]);
    await expect(app.accounts.remove(store, 'ann')).rejects.toMatchObject({ code: 'not_found' });
    // The name is free again.
    await app.accounts.create(store, { username: 'ann', password: OTHER, email: 'ann@example.org' });
    expect((await signIn('ann', OTHER)).ok).toBe(true);
  });

  it('lose what they were granted when they are disabled', async () => {
    await using it = await world();
    const { app, store, tenantId } = it;
    const ann = await app.accounts.create(store, { username: 'ann', password: GOOD });
    const { key } = await app.apiKeys.create(store, { name: 'phone', user: 'ann' });
    const good = await grant(tenantId, ann);
    await store.activeUser.set('ann');
    await app.authenticator.authenticate(key);
    const { disabledAt } = await app.accounts.setDisabled(store, 'ann', true);
    expect(disabledAt).toBeInstanceOf(Date);
    expect((await app.accounts.setDisabled(store, 'ann', true)).disabledAt).toEqual(disabledAt);
    await expect(app.authenticator.authenticate(key)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect([await good(), await store.activeUser.get()]).toEqual([false, null]);
    expect((await app.accounts.setDisabled(store, 'ann', false)).disabledAt).toBeNull();
    await expect(app.authenticator.authenticate(key)).resolves.toBeDefined();
    expect([await good(), await store.activeUser.get()]).toEqual([false, 'ann']);
  });

  it('stay locked when the program is started again', async () => {
    await using it = await world();
    const { app, store, tenantId } = it;
    await app.accounts.create(store, { username: 'ann', password: GOOD });
    const attempt = { tenantId, identifier: 'ann', password: 'wrong', client: {} };
    for (let failures = 0; failures < 5; failures += 1) expect(await app.signIn.attempt(attempt)).toMatchObject({ reason: 'wrong' });
    await app.close();
    await using again = program(tenantId);
    expect(await again.signIn.attempt({ ...attempt, password: GOOD })).toMatchObject({ ok: false, reason: 'locked' });
    expect(await again.signIn.attempt({ ...attempt, tenantId: 'not-there' })).toMatchObject({ ok: false, reason: 'wrong', retryAt: null });
  });
});
