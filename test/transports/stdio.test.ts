import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programCommand } from '../support/program.js';
import { describeContract, nextCall, save } from './contract.js';
import { createMemoryFolder, type MemoryFolder } from './memory-folder.js';
import { modernPeer, oldPeer, type Peer } from './peers.js';

let folder: MemoryFolder;

beforeAll(async () => {
  folder = await createMemoryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const command = programCommand('serve');
const server = () => ({ ...command, env: { ...folder.env, PATH: process.env.PATH ?? '' }, stderr: 'inherit' as const });

const connectOld = (): Promise<Peer> => oldPeer(new OldStdio(server()));
const connectModern = (): Promise<Peer> => modernPeer(new ModernStdio(server()));

describeContract('stdio, revision 2025-11-25', connectOld);
describeContract('stdio, revision 2026-07-28', connectModern);

it('serves clients of both eras in two processes on one folder', async () => {
  await using old = await connectOld();
  await using modern = await connectModern();
  const { conversation_id } = await save(old, {}, 'from the old one');
  const told = nextCall();
  const leave = await modern.subscribe(`memory://conversations/${conversation_id}`, told.tell);
  await save(old, { conversation_id }, 'once more');
  await told.called;
  await leave();
  const loaded = await modern.callTool('load_history', { conversation_id });
  expect(loaded.structuredContent).toMatchObject({ messages: [{ content: 'from the old one' }, { content: 'once more' }] });
});

describe('the process', () => {
  const hello = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  };
  const call = (id: number, name: string, args: object) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: args },
  });

  type Running = {
    child: ChildProcessWithoutNullStreams;
    send(message: unknown): void;
    next(): Promise<Record<string, unknown> | undefined>;
    exit: Promise<unknown[]>;
  };

  function start(): Running {
    const child = spawn(command.command, command.args, { env: { ...folder.env, PATH: process.env.PATH ?? '' } });
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      child,
      exit: once(child, 'exit'),
      send: (message) => void child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
      next: async () => {
        const { value, done } = await lines.next();
        return done ? undefined : (JSON.parse(value) as Record<string, unknown>);
      },
    };
  }

  async function started(): Promise<Running> {
    const running = start();
    running.send(hello);
    expect(await running.next()).toMatchObject({ id: 1, result: { protocolVersion: '2025-11-25' } });
    running.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return running;
  }

  /** It promises a second; a machine that runs other tests at the same time gets three. Without the promise it would be for ever. */
  const IN_TIME = 3_000;

  async function expectEnd({ exit }: Running, since: number): Promise<void> {
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - since).toBeLessThan(IN_TIME);
  }

  it('ends within a second of the end of its input', async () => {
    const running = await started();
    const { send, next, child } = running;
    send(call(2, 'list_conversations', {}));
    expect(await next()).toMatchObject({ id: 2, result: { structuredContent: {} } });
    child.stdin.end();
    await expectEnd(running, performance.now());
  });

  it('answers what was asked before its input ended', async () => {
    const running = await started();
    const { send, next, child } = running;
    const save = (id: number) =>
      send(call(id, 'save_turn', { conversation_key: 'last words', messages: [{ role: 'user', content: 'x' }] }));
    // The first saves of a process take longest, and there is a moment only for the last one.
    for (let id = 2; id <= 6; id += 1) {
      save(id);
      expect(await next()).toMatchObject({ id });
    }
    save(7);
    child.stdin.end();
    const end = performance.now();
    expect(await next()).toMatchObject({ id: 7, result: { structuredContent: { message_count: 6 } } });
    await expectEnd(running, end);
  });

  it('ends in time while a call waits and a subscription is open', async () => {
    const running = await started();
    const { send, next, child } = running;
    send(call(2, 'save_turn', { messages: [{ role: 'user', content: 'x' }] }));
    const { result } = (await next()) as { result: { structuredContent: { conversation_id: string } } };
    const { conversation_id } = result.structuredContent;
    send({ jsonrpc: '2.0', id: 3, method: 'resources/subscribe', params: { uri: `memory://conversations/${conversation_id}` } });
    expect(await next()).toEqual({ jsonrpc: '2.0', id: 3, result: {} });
    send(call(4, 'poll_events', { after: '0', conversation_id, types: ['purged'], wait_ms: 20_000 }));
    send(call(5, 'list_conversations', {}));
    expect(await next()).toMatchObject({ id: 5 });
    child.stdin.end();
    await expectEnd(running, performance.now());
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly on %s', async (signal) => {
    const running = await started();
    running.send(call(2, 'list_conversations', {}));
    await running.next();
    running.child.kill(signal);
    await expectEnd(running, performance.now());
  });

  it('ends quietly when nobody reads its answers any more', async () => {
    const running = await started();
    let complaints = '';
    running.child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    running.child.stdout.destroy();
    running.send(call(2, 'list_conversations', {}));
    expect(await running.exit).toEqual([0, null]);
    expect(complaints).toBe('');
  });

  it('answers a line that is too long, or nonsense, and goes on', async () => {
    const running = await started();
    const { send, next, child } = running;
    send('this is no message');
    expect(await next()).toMatchObject({ error: { code: -32700 } });
    send(call(2, 'save_turn', { messages: [{ role: 'user', content: 'x'.repeat(40 * 1024 * 1024) }] }));
    expect(await next()).toMatchObject({ id: 2, error: { code: -32600, message: expect.stringContaining('too large') } });
    send({ jsonrpc: '2.0', id: 3, method: 'ping' });
    expect(await next()).toEqual({ jsonrpc: '2.0', id: 3, result: {} });
    child.stdin.end();
    await running.exit;
  });

  it('shakes hands before the database is open', async () => {
    const running = start();
    running.send(hello);
    running.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    running.send(call(2, 'list_conversations', {}));
    running.send({ jsonrpc: '2.0', id: 3, method: 'tools/list' });
    expect([(await running.next())?.id, (await running.next())?.id, (await running.next())?.id]).toEqual([1, 3, 2]);
    running.child.stdin.end();
    await running.exit;
  });
});
