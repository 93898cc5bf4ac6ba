import { InMemoryTransport as ModernInMemory } from '@modelcontextprotocol/client';
import { InMemoryTransport as OldInMemory } from '@modelcontextprotocol/sdk/inMemory.js';
import type { Transport } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { serveConnection } from '../../src/transports/connection.js';
import { sessionOf } from '../../src/transports/session-of.js';
import { describeContract, save } from './contract.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';
import { modernPeer, oldPeer, type Peer } from './peers.js';

let folder: MemoryFolder;
let app: App;

beforeAll(async () => {
  folder = await createMemoryFolder();
  app = openApp(loadConfig({}, folder.env));
});
afterAll(async () => {
  await app.close();
  await folder[Symbol.asyncDispose]();
});

function connectOld(): Promise<Peer> {
  const [client, server] = OldInMemory.createLinkedPair();
  serveConnection(sessionOf(app), server as Transport);
  return oldPeer(client);
}

function connectModern(): Promise<Peer> {
  const [client, server] = ModernInMemory.createLinkedPair();
  serveConnection(sessionOf(app), server);
  return modernPeer(client);
}

describeContract('in memory, revision 2025-11-25', connectOld);
describeContract('in memory, revision 2026-07-28', connectModern);

it('offers only what reads when told so', async () => {
  const [client, server] = OldInMemory.createLinkedPair();
  serveConnection({ ...sessionOf(app), readOnly: true }, server as Transport);
  await using peer = await oldPeer(client);
  const names = (await peer.listTools()).tools.map(({ name }) => name);
  expect(names).toContain('load_history');
  expect(names).not.toContain('save_turn');
  expect(peer.instructions).not.toContain('save_turn');
  await expect(peer.callTool('save_turn', { messages: [{ role: 'user', content: 'x' }] })).rejects.toMatchObject({ code: -32602 });
});

it('offers only the toolsets that are on and the scopes that are granted', async () => {
  const [client, server] = OldInMemory.createLinkedPair();
  const session = sessionOf(app);
  const principal = { ...session.principal, scopes: new Set(['users:read'] as const) };
  serveConnection({ ...session, principal }, server as Transport);
  await using peer = await oldPeer(client);
  expect((await peer.listTools()).tools.filter(({ name }) => !/_user_?/.test(name))).toEqual([]);
  expect((await peer.listPrompts()).prompts).toEqual([]);
  await expect(peer.readResource('memory://conversations/00000000-0000-7000-8000-000000000000')).rejects.toThrow(/Unknown resource/);

  const [coreClient, coreServer] = OldInMemory.createLinkedPair();
  serveConnection({ ...session, toolsets: new Set(['core'] as const) }, coreServer as Transport);
  await using core = await oldPeer(coreClient);
  expect((await core.listTools()).tools.map(({ name }) => name)).not.toContain('poll_events');
});

it('shakes hands, lists and refuses nonsense without a database', async () => {
  const [client, server] = OldInMemory.createLinkedPair();
  const session = { ...sessionOf(app), log: createLog('silent'), store: () => Promise.reject(new Error('secret detail')) };
  serveConnection(session, server as Transport);
  await using peer = await oldPeer(client);
  expect((await peer.listTools()).tools.length).toBeGreaterThan(5);
  expect((await peer.callTool('save_turn', {})).content[0]?.text).toMatch(/^invalid_input: messages is required/);
  const failed = await peer.callTool('list_conversations');
  expect(failed.isError).toBe(true);
  expect(failed.content[0]?.text).toMatch(/^internal: .*reference [0-9a-f]{8}/);
  expect(failed.content[0]?.text).not.toContain('secret');
});

it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
  'speaks revision %s with whoever asks for it',
  async (protocolVersion) => {
    const [client, server] = OldInMemory.createLinkedPair();
    serveConnection(sessionOf(app), server as Transport);
    const answer = new Promise<unknown>((resolve) => {
      client.onmessage = resolve;
    });
    await client.start();
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    await client.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    expect(await answer).toMatchObject({ id: 1, result: { protocolVersion, capabilities: { tools: {}, resources: { subscribe: true } } } });
    await client.close();
  },
);

it('shows one user nothing of another', async () => {
  const as = async (user: string): Promise<Peer> => {
    const [client, server] = OldInMemory.createLinkedPair();
    const session = sessionOf(app);
    const principal = { ...session.principal, user, role: 'user' as const };
    serveConnection({ ...session, principal, store: () => app.storeFor(principal) }, server as Transport);
    return oldPeer(client);
  };
  await using ann = await as('ann');
  await using bob = await as('bob');
  const title = 'Secret of Ann';
  const { conversation_id } = await save(ann, { title }, 'secret');
  const uri = `memory://conversations/${conversation_id}`;
  expect((await ann.listResources()).resources.map((entry) => entry.uri)).toContain(uri);
  expect((await bob.listResources()).resources.map((entry) => entry.uri)).not.toContain(uri);
  for (const attempt of [
    () => bob.readResource(uri),
    () => bob.readResource(`${uri}/messages`),
    () => bob.readResource('memory://users/ann/profile'),
    () => bob.subscribe(uri, () => {}),
    () => bob.getPrompt('continue_conversation', { conversation_id }),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: -32602 });
  const ref = { type: 'ref/prompt' as const, name: 'continue_conversation' };
  for (const typed of ['', title, conversation_id])
    expect((await bob.complete(ref, 'conversation_id', typed)).values).not.toContain(conversation_id);
  const people = { type: 'ref/resource' as const, uri: 'memory://users/{external_id}/profile' };
  expect((await bob.complete(people, 'external_id', '')).values).toEqual(['bob']);
});

it('refuses to watch what is not there or never announced', async () => {
  await using peer = await connectOld();
  for (const uri of ['memory://conversations/00000000-0000-7000-8000-000000000000', 'memory://schema', 'memory://nothing'])
    await expect(peer.subscribe(uri, () => {})).rejects.toMatchObject({ code: -32602 });
  await using modern = await connectModern();
  // This era has no way to refuse one of several; what is not there just never changes.
  const leave = await modern.subscribe('memory://nothing', () => {});
  await leave();
});
