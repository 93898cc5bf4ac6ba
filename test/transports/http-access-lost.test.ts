import { expect, it } from 'vitest';
import { scopesOf } from '../../src/principal.js';
import { describeEngines } from '../support/engines.js';
import { environmentFor, INITIALIZE, send, startHttp, type TestServer } from '../support/http-server.js';
import { save } from './contract.js';

describeEngines('who lost access', (engine) => {
  /** Two processes on one database; neither looks at its streams of itself while a test lasts. */
  const servers = async () => {
    const tenantId = await engine.freshTenant();
    const env = { ...environmentFor(engine), RECOLLECT_TENANT: tenantId, RECOLLECT_BCRYPT_COST: '4' };
    const open = () => startHttp(env, { checkStreamsMs: 3_600_000 });
    const [here, elsewhere] = [await open(), await open()];
    return {
      here,
      elsewhere,
      store: await here.app.storeFor({ tenantId, user: null, role: 'system', scopes: scopesOf('system') }),
      async [Symbol.asyncDispose]() {
        await Promise.all([here.close(), elsewhere.close()]);
      },
    };
  };

  /** Somebody with a stream of the older revisions, one of the newer, and two calls that wait, one of them in a batch. */
  const settle = async (server: TestServer, key: string) => {
    const authorization = { Authorization: `Bearer ${key}` };
    const { headers } = await send(server.url, INITIALIZE, authorization);
    const session = { ...authorization, 'Mcp-Session-Id': headers.get('mcp-session-id')!, Accept: 'text/event-stream' };
    const stream = await fetch(`${server.url}/mcp`, { headers: session });
    const peer = await server.modern(key);
    const { conversation_id } = await save(peer, {}, 'something');
    await peer.subscribe(`memory://conversations/${conversation_id}`, () => {});
    const seen = await peer.callTool('poll_events', { after: '0' });
    const waiting = peer.callTool('poll_events', { after: seen.structuredContent?.next_cursor, wait_ms: 25_000 }).then(
      () => 'answered',
      () => 'broken off',
    );
    const poll = { name: 'poll_events', arguments: { after: seen.structuredContent?.next_cursor, wait_ms: 25_000 } };
    // In a session of its own: one that has a stream ends with it.
    const begun = await send(server.url, INITIALIZE, authorization);
    const quiet = { ...authorization, 'Mcp-Session-Id': begun.headers.get('mcp-session-id')! };
    const batch = send(server.url, [{ jsonrpc: '2.0', id: 5, method: 'tools/call', params: poll }], quiet).then(
      () => 'answered',
      () => 'broken off',
    );
    return { call: () => send(server.url, INITIALIZE, authorization), streamEnds: stream.text(), waiting, batch, peer };
  };
  const streams = async ({ url }: TestServer) =>
    Number(/^recollect_http_streams (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

  it.each(['here', 'elsewhere'] as const)(
    'hears nothing more on what was open, in the process that took it and in others: with streams %s',
    async (where) => {
      await using both = await servers();
      const { here, store } = both;
      const server = both[where];
      const [lost, kept] = [await here.key({ user: 'lost' }), await here.key({ user: 'kept' })];
      const stays = await settle(server, kept);
      const goes = await settle(server, lost);
      await expect.poll(() => streams(server)).toBe(4);
      // Word can be heard from the moment that a process listens, which is not waited for at its start.
      await both.elsewhere.app.access.follow();
      await store.accounts.create({ username: 'lost', passwordHash: 'x' });
      await here.app.accounts.setDisabled(store, 'lost', true);
      expect(await goes.streamEnds).toBe('');
      expect([await goes.waiting, await goes.batch]).toEqual(['broken off', 'broken off']);
      await expect.poll(() => streams(server), { timeout: 10_000 }).toBe(2);
      expect([(await goes.call()).status, (await stays.call()).status]).toEqual([401, 200]);
      await Promise.all([goes.peer, stays.peer].map((peer) => peer[Symbol.asyncDispose]()));
      await stays.waiting;
    },
  );
});
