import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from './place.js';
import type { Limit, Row } from './report.js';
import { startServer } from './server.js';
import { timingOf } from './timing.js';

const LIMITS = { handshake: { milliseconds: 700 }, firstCall: { milliseconds: 3_000 }, close: { milliseconds: 1_000 } } satisfies Record<
  string,
  Limit
>;

/** Starts the built program on data that is there, and on a folder that is not, a few times each. */
export async function measureStartup(place: Place, samples: number): Promise<Row[]> {
  const times = {
    handshake: [] as number[],
    firstCall: [] as number[],
    close: [] as number[],
    firstStart: [] as number[],
    node: [] as number[],
  };
  for (let round = 0; round < samples; round += 1) {
    times.node.push(await bareNode());
    const start = await startOnce(place.env);
    times.handshake.push(start.handshake);
    times.firstCall.push(start.firstCall);
    times.close.push(start.close);
    if (place.engine !== 'embedded') continue;
    const folder = await mkdtemp(join(tmpdir(), 'recollect-bench-new-'));
    times.firstStart.push((await startOnce({ RECOLLECT_DATA_DIR: join(folder, 'data') })).firstCall);
    await rm(folder, { recursive: true, force: true });
  }
  const floor = timingOf(times.node);
  const row = (what: string, measured: number[], limit: Limit | null, withFloor = true): Row => ({
    what,
    where: 'process',
    engine: place.engine,
    size: null,
    measured: timingOf(measured),
    floor: withFloor ? floor : null,
    pglite: null,
    limit,
  });
  return [
    row('start to handshake', times.handshake, LIMITS.handshake),
    row('start to first call answered, data there', times.firstCall, LIMITS.firstCall),
    ...(times.firstStart.length > 0 ? [row('start to first call answered, new folder', times.firstStart, null)] : []),
    row('end of input to end of process', times.close, LIMITS.close, false),
  ];
}

async function startOnce(env: Record<string, string>): Promise<Record<'handshake' | 'firstCall' | 'close', number>> {
  const started = performance.now();
  const server = await startServer(env);
  await server.call('list_conversations', {});
  const firstCall = performance.now() - started;
  const closing = performance.now();
  await server[Symbol.asyncDispose]();
  return { handshake: server.handshake, firstCall, close: performance.now() - closing };
}

/** A Node process that does nothing: no start can be quicker. */
async function bareNode(): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ['-e', ''], { stdio: 'ignore' }), 'exit');
  return performance.now() - started;
}
