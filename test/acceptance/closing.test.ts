import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { programCommand } from '../support/program.js';
import { createDataFolder, startServer } from './servers.js';
import { readAll, TurnLog } from './turns.js';

/** A margin over the second that is promised: the machine that tests may be busy. */
const IN_TIME_MS = 1_500;

it('closes the engine in order when its input ends, in time, with writes just answered', { timeout: 60_000 }, async () => {
  await using folder = await createDataFolder();
  const { child, send, next } = start(folder.env);
  send({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  });
  await next();
  send({ method: 'notifications/initialized' });
  const messages = [{ role: 'user', content: 'last words' }];
  for (let id = 2; id <= 21; id += 1) {
    send({ id, method: 'tools/call', params: { name: 'save_turn', arguments: { conversation_key: 'closing', messages } } });
    expect(await next()).toMatchObject({ id, result: { structuredContent: { message_count: id - 1 } } });
  }
  expect(await stateOf(folder.path)).toBe('in production');

  const closed = performance.now();
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(performance.now() - closed).toBeLessThan(IN_TIME_MS);
  expect(await stateOf(folder.path)).toBe('shut down');

  await using server = await startServer(folder.env);
  expect((await readAll(server, { conversation_key: 'closing' })).messages).toHaveLength(20);
});

it('hands the folder over when the one that leads is closed while others write', { timeout: 60_000 }, async () => {
  await using folder = await createDataFolder();
  const log = new TurnLog('handed over');
  const leader = await startServer(folder.env);
  await log.save(leader, 'leader-1');
  await using follower = await startServer(folder.env);
  await log.save(follower, 'follower-1');
  const writing = (async () => {
    for (let count = 2; count <= 30; count += 1) await log.save(follower, `follower-${count}`);
  })();
  await leader[Symbol.asyncDispose]();
  await writing;
  expect(log.acknowledged.size).toBe(31);
  log.expectIn(await readAll(follower, { conversation_key: log.key }));
});

function start(env: Record<string, string>) {
  const { command, args } = programCommand('serve');
  const child: ChildProcessWithoutNullStreams = spawn(command, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    send: (message: object) => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    next: async () => JSON.parse((await lines.next()).value as string) as Record<string, unknown>,
  };
}

const STATES = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
];

/** What PostgreSQL's control file says of the cluster: anything but "shut down" means recovery at the next start. */
async function stateOf(dataDir: string): Promise<string | undefined> {
  const file = await open(join(dataDir, 'pgdata', 'global', 'pg_control'));
  try {
    // After the system identifier (8 bytes) and two version numbers (4 each).
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 16);
    return STATES[buffer.readInt32LE()];
  } finally {
    await file.close();
  }
}
