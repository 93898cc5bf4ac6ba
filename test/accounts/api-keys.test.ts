import { expect, it } from 'vitest';
import { AppError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { SCOPES, scopesOf } from '../../src/principal.js';
import { AccessSource } from '../../src/repository/system/access-source.js';
import { ApiTokenDirectory } from '../../src/repository/system/api-token-directory.js';
import { newSecret } from '../../src/secret.js';
import { AccessChanges } from '../../src/services/accounts/access-changes.js';
import { ApiKeys, REVOCATION_LAG_MS } from '../../src/services/accounts/api-keys.js';
import { BearerAuthenticator } from '../../src/services/accounts/authenticator.js';
import { describeEngines } from '../support/engines.js';
import { gate } from '../support/gate.js';
import { storeFor } from '../support/store.js';

const START = Date.parse('2026-03-01T12:00:00.000Z');

describeEngines('bearer keys', (engine) => {
  const wordOfAccess = () => new AccessChanges(async () => new AccessSource(engine.db), createLog('silent'));
  /** One process: its own memory of keys, and a clock that a test turns. */
  const process = () => {
    const time = { now: START };
    const clock = () => new Date(time.now);
    const directory = new ApiTokenDirectory(engine.db);
    const looked: string[] = [];
    const watched = {
      find: (prefix: string, hash: string) => {
        looked.push(prefix);
        return directory.find(prefix, hash);
      },
      noteUse: directory.noteUse.bind(directory),
    };
    const access = wordOfAccess();
    const keys = new ApiKeys(async () => watched, clock, access, createLog('silent'));
    return { time, clock, access, keys, looked, authenticator: new BearerAuthenticator([keys]) };
  };
  const administer = (tenantId: string, clock?: () => Date) => storeFor(engine.db, { tenantId, role: 'system', ...(clock && { clock }) });
  const refusal = async (work: Promise<unknown>): Promise<AppError> => {
    const error = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  };

  it('say whose they are: one person of one tenant, or everybody in it', async () => {
    const { keys, authenticator, clock } = process();
    const [one, other] = [await engine.freshTenant(), await engine.freshTenant()];
    const store = await administer(one, clock);
    const person = await keys.create(store, { name: 'phone', user: 'ann' });
    expect(person).toMatchObject({ newUser: true, token: { user: 'ann', role: 'user', scopes: [...scopesOf('user')] } });
    const again = await keys.create(store, { name: 'laptop', user: 'ann', scopes: ['memories:read'] });
    expect(again.newUser).toBe(false);
    const service = await keys.create(await administer(other, clock), { name: 'bot' });
    const admin = await keys.create(store, { name: 'ops', role: 'admin', expiresAt: new Date(START + 1000) });

    expect(await authenticator.authenticate(person.key)).toEqual({
      principal: { tenantId: one, user: 'ann', role: 'user', scopes: scopesOf('user') },
      credentialId: person.token.id,
      kind: 'api_token',
      clientId: null,
      expiresAt: null,
    });
    expect((await authenticator.authenticate(again.key)).principal.scopes).toEqual(new Set(['memories:read']));
    expect((await authenticator.authenticate(service.key)).principal).toMatchObject({ tenantId: other, user: null, role: 'service' });
    const { principal, expiresAt } = await authenticator.authenticate(admin.key);
    expect([principal.scopes, principal.user, expiresAt]).toEqual([new Set(SCOPES), null, new Date(START + 1000)]);
  });

  it('are stored as hashes only, and never listed', async () => {
    const { keys } = process();
    const tenantId = await engine.freshTenant();
    const store = await administer(tenantId);
    const { key } = await keys.create(store, { name: 'one' });
    const row = await engine.models.ApiToken.findOne({ where: { tenantId }, rejectOnEmpty: true });
    expect(JSON.stringify(row)).not.toContain(key.slice(12));
    const { items } = await store.apiTokens.list({ limit: 10 });
    expect(items).toMatchObject([{ name: 'one', prefix: key.slice(0, 12) }]);
    expect(JSON.stringify(items)).not.toMatch(/hash/i);
  });

  it('that are malformed, unknown, another kind of credential or nearly right are refused', async () => {
    const { keys, authenticator } = process();
    const { key } = await keys.create(await administer(await engine.freshTenant()), { name: 'one' });
    const wrong = [
      '',
      'x',
      'rcl_',
      `rcl_${'a'.repeat(500)}`,
      newSecret('apiToken'),
      newSecret('accessToken'),
      newSecret('reset'),
      ` ${key}`,
    ];
    const end = key.at(-1) === 'A' ? 'B' : 'A';
    for (const bearer of [...wrong, key.slice(0, -1), `${key}A`, key.slice(0, -1) + end, key.toUpperCase()])
      expect((await refusal(authenticator.authenticate(bearer))).code, bearer).toBe('unauthenticated');
    await expect(authenticator.authenticate(key)).resolves.toBeDefined();
  });

  it('end when they expire, to the moment, however they are remembered', async () => {
    const { keys, authenticator, time, clock } = process();
    const { key } = await keys.create(await administer(await engine.freshTenant(), clock), {
      name: 'x',
      expiresAt: new Date(START + 2_000),
    });
    time.now = START + 1_999;
    await authenticator.authenticate(key);
    time.now = START + 2_000;
    expect((await refusal(authenticator.authenticate(key))).message).toContain('expired at 2026-03-01T12:00:02.000Z');
  });

  it('end at once where they are revoked, and elsewhere after the stated time at most', async () => {
    const [here, elsewhere] = [process(), process()];
    const store = await administer(await engine.freshTenant(), here.clock);
    const { key, token } = await here.keys.create(store, { name: 'x' });
    const other = await here.keys.create(store, { name: 'y' });
    for (const each of [here, elsewhere]) await each.authenticator.authenticate(key);
    expect((await here.keys.revoke(store, token.id)).revokedAt).toEqual(new Date(START));
    expect((await refusal(here.authenticator.authenticate(key))).message).toContain('revoked');
    await expect(here.authenticator.authenticate(other.key)).resolves.toBeDefined();

    elsewhere.time.now = START + REVOCATION_LAG_MS - 1;
    await expect(elsewhere.authenticator.authenticate(key)).resolves.toBeDefined();
    elsewhere.time.now = START + REVOCATION_LAG_MS;
    expect((await refusal(elsewhere.authenticator.authenticate(key))).code).toBe('unauthenticated');
  });

  it('end elsewhere as soon as word of it comes, and no sooner than they are revoked', async () => {
    const [here, elsewhere] = [process(), process()];
    const store = await administer(await engine.freshTenant(), here.clock);
    const { key, token } = await here.keys.create(store, { name: 'x' });
    const other = await here.keys.create(store, { name: 'y' });
    await elsewhere.access.follow();
    const heard: string[] = [];
    elsewhere.access.onChange(() => heard.push('word'));
    // Its clock stands still: of itself it would take the key for ever.
    for (const each of [key, other.key]) await elsewhere.authenticator.authenticate(each);
    await here.access.changed();
    await expect.poll(() => heard).toEqual(['word']);
    await expect(elsewhere.authenticator.authenticate(key)).resolves.toBeDefined();

    await here.keys.revoke(store, token.id);
    await expect
      .poll(() => elsewhere.authenticator.authenticate(key).catch(({ message }: Error) => message), { timeout: 10_000 })
      .toContain('revoked');
    await expect(elsewhere.authenticator.authenticate(other.key)).resolves.toBeDefined();
    await elsewhere.access.close();
  });

  it('that are looked up while they are being revoked are not remembered', async () => {
    const { clock } = process();
    const directory = new ApiTokenDirectory(engine.db);
    const [found, held] = [gate(), gate()];
    const slow = {
      find: async (prefix: string, hash: string) => {
        const row = await directory.find(prefix, hash);
        found.open();
        await held.opened;
        return row;
      },
      noteUse: directory.noteUse.bind(directory),
    };
    const keys = new ApiKeys(async () => slow, clock, wordOfAccess(), createLog('silent'));
    const store = await administer(await engine.freshTenant());
    const { key, token } = await keys.create(store, { name: 'x' });
    const early = keys.verify(key);
    await found.opened;
    await keys.revoke(store, token.id);
    held.open();
    await early;
    expect((await refusal(keys.verify(key))).code).toBe('unauthenticated');
  });

  it('of a busy client cost a statement every few seconds, and one note of their use a minute', async () => {
    const { keys, authenticator, time, looked, clock } = process();
    const store = await administer(await engine.freshTenant(), clock);
    const { key, token } = await keys.create(store, { name: 'x' });
    const lastUsed = async () => {
      await keys.close();
      return (await store.apiTokens.get(token.id)).lastUsedAt?.getTime();
    };
    for (let at = 0; at < 12_000; at += 500) {
      time.now = START + at;
      await authenticator.authenticate(key);
    }
    expect(looked).toHaveLength(5);
    expect(await lastUsed()).toBe(START);
    time.now = START + 59_999;
    await authenticator.authenticate(key);
    expect(await lastUsed()).toBe(START);
    time.now = START + 60_000;
    await authenticator.authenticate(key);
    expect(await lastUsed()).toBe(START + 60_000);
  });

  it('of a person whose account is disabled are refused until it is enabled', async () => {
    const { keys, access, authenticator } = process();
    const store = await administer(await engine.freshTenant());
    const { key } = await keys.create(store, { name: 'x', user: 'ann' });
    await store.accounts.create({ username: 'ann', passwordHash: 'x' });
    await store.accounts.setDisabled('ann', true);
    expect((await refusal(authenticator.authenticate(key))).message).toContain('disabled');
    await store.accounts.setDisabled('ann', false);
    await expect(authenticator.authenticate(key)).resolves.toBeDefined();
    await store.accounts.remove('ann');
    await access.changed();
    expect((await refusal(authenticator.authenticate(key))).message).toContain('revoked');
  });

  it('cannot be given more than their role has, or a person and everybody at once', async () => {
    const { keys } = process();
    const store = await administer(await engine.freshTenant());
    const refused = async (token: Omit<Parameters<typeof keys.create>[1], 'name'>) =>
      (await refusal(keys.create(store, { name: 'x', ...token }))).code;
    expect(await refused({ scopes: ['admin'] })).toBe('invalid_input');
    expect(await refused({ user: 'ann', scopes: ['admin'] })).toBe('invalid_input');
    expect(await refused({ user: 'ann', role: 'admin' })).toBe('invalid_input');
    expect(await refused({ user: 'ann', role: 'service' })).toBe('invalid_input');
    expect(await refused({ role: 'user' })).toBe('invalid_input');
    expect(await refused({ scopes: [] })).toBe('invalid_input');
    expect(await refused({ expiresAt: new Date(0) })).toBe('invalid_input');
    expect((await store.apiTokens.list({ limit: 10 })).items).toEqual([]);
  });

  it('never go beyond their role, whatever is written in their row', async () => {
    const { keys, authenticator } = process();
    const tenantId = await engine.freshTenant();
    const { key } = await keys.create(await administer(tenantId), { name: 'x' });
    await engine.models.ApiToken.update({ scopes: ['admin', 'graph:read', 'everything'] }, { where: { tenantId } });
    expect((await authenticator.authenticate(key)).principal.scopes).toEqual(new Set(['graph:read']));
  });

  it('are made, seen and revoked by administrators only, each of their own tenant', async () => {
    const { keys, authenticator } = process();
    const [tenantId, other] = [await engine.freshTenant(), await engine.freshTenant()];
    const store = await administer(tenantId);
    const { key, token } = await keys.create(store, { name: 'x' });
    for (const who of [{ role: 'service' }, { user: 'ann' }] as const) {
      const { apiTokens } = await storeFor(engine.db, { tenantId, ...who });
      for (const work of [apiTokens.list({ limit: 1 }), apiTokens.get(token.id), apiTokens.revoke(token.id), apiTokens.prune(new Date())])
        expect((await refusal(work)).code).toBe('forbidden');
    }
    const stranger = await storeFor(engine.db, { tenantId: other, role: 'admin' });
    for (const named of [token.id, token.prefix, 'x', key]) expect((await refusal(keys.revoke(stranger, named))).code).toBe('not_found');
    expect(await stranger.apiTokens.list({ limit: 10 })).toEqual({ items: [], nextCursor: null });
    await expect(authenticator.authenticate(key)).resolves.toBeDefined();
  });

  it('are named by id, prefix, the whole key, or a name that only one in force bears', async () => {
    const { keys } = process();
    const store = await administer(await engine.freshTenant());
    const make = () => keys.create(store, { name: 'same' });
    const [first, second, third] = [await make(), await make(), await make()];
    expect((await refusal(keys.revoke(store, 'same'))).hint).toContain(first.token.id);
    await keys.revoke(store, first.token.id.toUpperCase());
    await keys.revoke(store, second.key);
    expect((await keys.revoke(store, 'same')).id).toBe(third.token.id);
    const { revokedAt } = await store.apiTokens.get(first.token.prefix);
    expect((await keys.revoke(store, first.token.prefix)).revokedAt).toEqual(revokedAt);
    expect((await refusal(keys.revoke(store, 'none'))).code).toBe('not_found');
  });

  it('are listed in pages and pruned in batches once they have ended', async () => {
    const { keys, clock, time } = process();
    const store = await administer(await engine.freshTenant(), clock);
    for (let at = 0; at < 7; at += 1)
      await keys.create(store, { name: `k${at}`, expiresAt: at < 5 ? new Date(START + 1 + at) : at === 5 ? new Date(START + 1e9) : null });
    const names: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { items, nextCursor } = await store.apiTokens.list({ limit: 3, cursor });
      names.push(...items.map(({ name }) => name));
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    expect(names.sort()).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6']);
    time.now = START + 10_000;
    await keys.revoke(store, 'k6');
    expect([await store.apiTokens.prune(new Date(START + 10_000), 3), await store.apiTokens.prune(new Date(START + 10_000), 3)]).toEqual([
      3, 2,
    ]);
    expect(await store.apiTokens.prune(new Date(START + 10_001))).toBe(1);
    expect((await store.apiTokens.list({ limit: 10 })).items.map(({ name }) => name)).toEqual(['k5']);
  });
});
