import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { Transport } from '@modelcontextprotocol/server';
import { expect, it } from 'vitest';
import { openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { withActiveUser } from '../../src/transports/active-user.js';
import { serveConnection } from '../../src/transports/connection.js';
import { sessionOf } from '../../src/transports/session-of.js';
import { describeEngines } from '../support/engines.js';
import { storeFor } from '../support/store.js';

describeEngines('the active user', (engine) => {
  const world = async (settings: Record<string, string> = {}) => {
    const tenantId = await engine.freshTenant();
    const { url, dataDir } = engine.config;
    const env = {
      RECOLLECT_TENANT: tenantId,
      RECOLLECT_DATA_DIR: dataDir,
      RECOLLECT_DURABILITY: 'fast',
      RECOLLECT_TOOLSETS: 'all',
      ...settings,
    };
    const app = openApp(loadConfig({}, { ...env, ...(url !== null && { RECOLLECT_DATABASE_URL: url }) }), createLog('silent'));
    const time = { now: Date.now() };
    const [near, far] = InMemoryTransport.createLinkedPair();
    const session = withActiveUser({ storeFor: app.storeFor, clock: () => new Date(time.now) }, sessionOf(app));
    const handle = serveConnection(session, far as Transport);
    const client = new Client({ name: 'test', version: '0' });
    await client.connect(near);
    const store = await storeFor(engine.db, { tenantId, role: 'system' });
    for (const username of ['ann', 'bob']) await store.accounts.create({ username, passwordHash: 'x' });
    for (const user of ['ann', 'bob', 'eve']) await store.users.upsert(user, {});
    return {
      store,
      /** Whom the server knows now, as its client sees it. */
      async seen() {
        time.now += 2_000;
        const { structuredContent } = await client.callTool({ name: 'list_user_profiles', arguments: {} });
        return (structuredContent as { users: { external_id: string }[] }).users.map(({ external_id }) => external_id);
      },
      async [Symbol.asyncDispose]() {
        await client.close();
        await handle.close();
        await app.close();
      },
    };
  };
  const EVERYBODY = ['ann', 'bob', 'eve'];

  it('is whom a running server acts for, until another is set, none is, or the account goes', async () => {
    await using it = await world();
    const { store, seen } = it;
    expect(await seen()).toEqual(EVERYBODY);
    await store.activeUser.set('ann');
    expect(await seen()).toEqual(['ann']);
    await store.activeUser.set('bob');
    expect(await seen()).toEqual(['bob']);
    await store.activeUser.clear('ann');
    expect(await seen()).toEqual(['bob']);
    await store.activeUser.clear();
    expect(await seen()).toEqual(EVERYBODY);

    await store.activeUser.set('ann');
    await store.accounts.remove('bob');
    expect(await seen()).toEqual(['ann']);
    await store.accounts.remove('ann');
    expect(await seen()).toEqual(EVERYBODY);
    // An account of the same name is another one.
    await store.accounts.create({ username: 'ann', passwordHash: 'x' });
    expect(await seen()).toEqual(EVERYBODY);
  });

  it('counts only while there is an account that can be used', async () => {
    await using it = await world();
    const { store, seen } = it;
    await store.activeUser.set('eve');
    expect(await seen()).toEqual(EVERYBODY);
    await store.activeUser.set('ann');
    await store.accounts.setDisabled('ann', true);
    expect(await seen()).toEqual(EVERYBODY);
    await store.accounts.setDisabled('ann', false);
    expect(await seen()).toEqual(['ann']);
  });

  it('is nothing to a server that names a user or administers', async () => {
    await using bound = await world({ RECOLLECT_USER: 'bob' });
    await bound.store.activeUser.set('ann');
    expect(await bound.seen()).toEqual(['bob']);
    await using admin = await world({ RECOLLECT_ROLE: 'admin' });
    await admin.store.activeUser.set('ann');
    expect(await admin.seen()).toEqual(EVERYBODY);
  });

  it('is set by administrators only', async () => {
    await using it = await world();
    const { tenantId } = it.store.principal;
    const { activeUser } = await storeFor(engine.db, { tenantId });
    await expect(activeUser.set('ann')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(activeUser.clear()).rejects.toMatchObject({ code: 'forbidden' });
  });
});
