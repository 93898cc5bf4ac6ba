import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEngines } from '../support/engines.js';
import { environmentFor, INITIALIZE, send, startHttp, type TestServer } from '../support/http-server.js';
import { describeContract, nextCall, save } from './contract.js';
import { startOnFolder } from './folder-server.js';

describe('a server with a folder', () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startOnFolder();
    key = await server.key();
  });
  afterAll(() => server.close());

  describeContract('HTTP, revision 2025-11-25', () => server.old(key));
  describeContract('HTTP, revision 2026-07-28', () => server.modern(key));

  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'speaks revision %s with whoever asks for it',
    async (protocolVersion) => {
      const headers = { Authorization: `Bearer ${key}` };
      const answer = await send(server.url, { ...INITIALIZE, params: { ...INITIALIZE.params, protocolVersion } }, headers);
      expect(answer.body).toMatchObject({
        id: 1,
        result: { protocolVersion, capabilities: { tools: {}, resources: { subscribe: true } } },
      });
      const session = { ...headers, 'Mcp-Session-Id': answer.headers.get('mcp-session-id')!, 'MCP-Protocol-Version': protocolVersion };
      const initialized = await send(server.url, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
      expect(initialized.status).toBe(202);
      const listed = await send(server.url, { jsonrpc: '2.0', id: 2, method: 'tools/list' }, session);
      expect(listed.body.result.tools.length).toBeGreaterThan(5);
    },
  );
});

describeEngines('two servers on one database', (engine) => {
  let one: TestServer;
  let other: TestServer;
  beforeAll(async () => {
    one = await startHttp(environmentFor(engine));
    other = await startHttp(environmentFor(engine));
  });
  afterAll(async () => {
    await one.close();
    await other.close();
  });

  it.each(['old', 'modern'] as const)('tell a subscriber of the %s kind what was written through the other', async (kind) => {
    const key = await one.key({ tenantId: await engine.freshTenant() });
    await using reader = await one[kind](key);
    await using writer = await other.old(key);
    const { conversation_id } = await save(writer, {}, 'first');
    const told = nextCall();
    const leave = await reader.subscribe(`memory://conversations/${conversation_id}`, told.tell);
    await save(writer, { conversation_id }, 'second');
    await told.called;
    await leave();
  });

  it('tell nobody of another tenant, whatever they ask to be told of', async () => {
    const [mine, theirs] = [
      await one.key({ tenantId: await engine.freshTenant() }),
      await one.key({ tenantId: await engine.freshTenant() }),
    ];
    await using owner = await one.modern(mine);
    await using stranger = await one.modern(theirs);
    await using oldStranger = await one.old(theirs);
    const { conversation_id } = await save(owner, {}, 'secret');
    const uri = `memory://conversations/${conversation_id}`;
    const heard: string[] = [];
    await stranger.subscribe(uri, (changed) => heard.push(changed));
    await expect(oldStranger.subscribe(uri, (changed) => heard.push(changed))).rejects.toMatchObject({ code: -32602 });
    const told = nextCall();
    await owner.subscribe(uri, told.tell);
    await save(owner, { conversation_id }, 'more');
    await told.called;

    // The stranger's own news comes on the same stream, after anything that was wrongly told before.
    const own = await save(stranger, {}, 'mine');
    const ownNews = nextCall();
    await stranger.subscribe(`memory://conversations/${own.conversation_id}`, ownNews.tell);
    await save(stranger, { conversation_id: own.conversation_id }, 'mine too');
    await ownNews.called;
    expect(heard).toEqual([]);
  });

  it('keep tenants and users apart, whoever calls in between', async () => {
    const [here, there] = [await engine.freshTenant(), await engine.freshTenant()];
    const people = [
      { tenantId: here, user: 'ann' },
      { tenantId: here, user: 'bob' },
      { tenantId: there, user: 'ann' },
      { tenantId: there, user: 'cem' },
    ];
    const peers = await Promise.all(
      people.map(async (who, index) => {
        const server = index % 2 === 0 ? one : other;
        const key = await server.key(who);
        return index < 2 ? server.old(key) : server.modern(key);
      }),
    );
    await Promise.all(
      peers.flatMap((peer, index) =>
        Array.from({ length: 10 }, (_, turn) => save(peer, { conversation_key: 'same' }, `secret-${index} ${turn}`)),
      ),
    );
    for (const [index, peer] of peers.entries()) {
      const loaded = JSON.stringify((await peer.callTool('load_history', { conversation_key: 'same', limit: 100 })).structuredContent);
      const found = JSON.stringify((await peer.callTool('search_messages', { query: 'secret', limit: 50 })).structuredContent);
      for (const answer of [loaded, found])
        expect([...new Set(answer.match(/secret-\d/g))], `caller ${index}`).toEqual([`secret-${index}`]);
    }
    await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
  });
});
