import { InMemoryTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type App, openApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { serveConnection } from '../../src/transports/connection.js';
import { sessionOf } from '../../src/transports/session-of.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';

type Message = Parameters<InMemoryTransport['send']>[0];

let folder: MemoryFolder;
let app: App;
let client: InMemoryTransport;
let received: Message[];
/** How often a call got to its data. */
let asked: number;
/** What happens before a call gets to its data. */
let before: () => Promise<unknown>;
let told: () => void;

beforeAll(async () => {
  folder = await createMemoryFolder();
  app = openApp(loadConfig({}, folder.env));
});
afterAll(async () => {
  await app.close();
  await folder[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const [near, far] = InMemoryTransport.createLinkedPair();
  [client, received, asked, before, told] = [near, [], 0, async () => {}, () => {}];
  const session = sessionOf(app);
  const store = async () => {
    asked += 1;
    await before();
    return session.store();
  };
  serveConnection({ ...session, store, log: createLog('silent') }, far);
  client.onmessage = (message) => {
    received.push(message);
    told();
  };
  await client.start();
});

const until = async (isThere: () => boolean): Promise<void> => {
  while (!isThere())
    await new Promise<void>((resolve) => {
      told = resolve;
    });
};
const answerTo = async (message: Message & { id: string | number }): Promise<Message> => {
  const isAnswer = (each: Message): boolean => 'id' in each && each.id === message.id;
  await client.send(message);
  await until(() => received.some(isAnswer));
  return received.find(isAnswer)!;
};
const call = (id: string | number, name: string, args: object = {}, more: object = {}) => ({
  ...{ jsonrpc: '2.0' as const, id, method: 'tools/call', params: { name, arguments: args, ...more } },
});
const list = (id: string | number, more: object = {}) => call(id, 'list_conversations', {}, more);
const request = (id: number, method: string, params: Record<string, unknown>) => ({ jsonrpc: '2.0' as const, id, method, params });
const shakeHands = () =>
  answerTo(request(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } }));
const cancel = (requestId: unknown) => client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } } as Message);
/** Whether a call is run as soon as it is there: the SDK would look at it for a while. */
const isRunAtOnce = async (message: Message & { id: string | number }): Promise<boolean> => {
  const [known, answer] = [asked, answerTo(message)];
  const atOnce = asked > known;
  await answer;
  return atOnce;
};

describe('a call on a connection', () => {
  it('is answered at once after the handshake, and by the SDK before it or when it is more than a call', async () => {
    expect(await isRunAtOnce(list('early'))).toBe(false);
    await shakeHands();
    expect(await isRunAtOnce(list(1))).toBe(true);
    expect(await isRunAtOnce(list(2, { _meta: { progressToken: 'p' } }))).toBe(true);
    expect(await isRunAtOnce(list(3, { unknown: true }))).toBe(false);
    expect(await isRunAtOnce(list(4, { _meta: { 'io.modelcontextprotocol/related-task': { taskId: 't' } } }))).toBe(false);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['what it found', 'list_conversations', {}],
    ['that there is none', 'load_history', { conversation_key: 'elsewhere' }],
    ['arguments that are wrong', 'load_history', { conversation_key: 5, nonsense: true }],
    ['a tool that is not there', 'load_histories', {}],
  ])('has the words of the SDK: %s', async (_what, name, args) => {
    await shakeHands();
    const [ours, theirs] = [await answerTo(call(1, name, args)), await answerTo(call(2, name, args, { unknown: true }))];
    expect({ ...ours, id: 2 }).toEqual(theirs);
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  });

  it('gets no answer when it is given up, and leaves its id to another', async () => {
    await shakeHands();
    let release = (): void => {};
    before = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    await client.send(list(5));
    await cancel('5');
    await cancel(5);
    release();
    before = async () => {};
    const later = await answerTo(list(6));
    expect(received.filter((message) => 'id' in message && message.id === 5)).toEqual([]);
    expect(later).toMatchObject({ id: 6, result: { structuredContent: {} } });
    expect(await answerTo(list(5))).toMatchObject({ id: 5, result: {} });
  });

  it.each<[string, () => Promise<void>]>([
    ['by the client', () => cancel(2)],
    ['with the connection', () => client.close()],
  ])('that waits is told that it was given up %s', async (_how, giveUp) => {
    await shakeHands();
    const { result } = (await answerTo(call(1, 'poll_events', { after: '0' }))) as { result: Record<string, unknown> };
    const { next_cursor: after } = result.structuredContent as { next_cursor: string };
    const waits = vi.spyOn(app.changes, 'waitFor');
    await client.send(call(2, 'poll_events', { after, wait_ms: 20_000 }));
    await expect.poll(() => waits.mock.calls.length).toBeGreaterThan(0);
    const [, signal] = waits.mock.calls[0]!;
    waits.mockRestore();
    expect(signal.aborted).toBe(false);
    await giveUp();
    expect(signal.aborted).toBe(true);
    expect(received.filter((message) => 'id' in message && message.id === 2)).toEqual([]);
  });

  it('tells of an error that is ours, unless its client wants to know of worse alone', async () => {
    await shakeHands();
    before = () => Promise.reject(new Error('broken'));
    const noted = () => received.filter((message) => 'method' in message && message.method === 'notifications/message');
    expect(await answerTo(list(1))).toMatchObject({ result: { isError: true } });
    expect(noted()).toMatchObject([{ params: { level: 'error', data: { tool: 'list_conversations' } } }]);
    await answerTo(request(2, 'logging/setLevel', { level: 'critical' }));
    expect(await answerTo(list(3))).toMatchObject({ result: { isError: true } });
    expect(noted()).toHaveLength(1);
  });
});
