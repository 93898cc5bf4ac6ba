import { expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import { amount, createDataFolder, type Server, startServer } from './servers.js';
import { readAll, TurnLog } from './turns.js';

const TURNS = amount('TURNS', 40);
const KILLS = amount('KILLS', 3);
/** How long a client of a surviving server may wait for an answer; on a busy machine, twice as long as starting a server takes there. */
const PAUSE_MS = 5_000;

it(`keeps what was acknowledged when the one of three servers that leads is killed among ${TURNS} turns each`, async () => {
  await using folder = await createDataFolder();
  const log = new TurnLog('shared');
  const starting = performance.now();
  await using leader = await startServer(folder.env);
  await leader.call('list_conversations');
  const startMs = performance.now() - starting;
  await using second = await startServer(folder.env);
  await using third = await startServer(folder.env);
  const survivors = [second, third];
  await Promise.all(survivors.map((server) => server.call('list_conversations')));
  expect(await leaderOf(folder.path)).toBe(leader.pid);

  let longestWait = 0;
  const progress = new Map<Server, number>();
  const write = async (server: Server, name: string, onSaved: (count: number) => void = () => {}): Promise<void> => {
    for (let count = 1; count <= TURNS; count += 1) {
      const asked = performance.now();
      await log.save(server, `${name}-${count}`);
      longestWait = Math.max(longestWait, performance.now() - asked);
      progress.set(server, count);
      onSaved(count);
    }
  };
  let unfinished = 0;
  const halfWay = (count: number): void => {
    if (count !== Math.floor(TURNS / 2)) return;
    unfinished = survivors.filter((server) => (progress.get(server) ?? 0) < TURNS).length;
    void leader.kill();
  };
  const [killed, ...rest] = await Promise.allSettled([write(leader, 'leader', halfWay), write(second, 'second'), write(third, 'third')]);

  expect(killed).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('closed') } });
  expect(unfinished).toBe(2);
  expect(rest).toEqual([
    { status: 'fulfilled', value: undefined },
    { status: 'fulfilled', value: undefined },
  ]);
  expect(longestWait).toBeLessThan(Math.max(PAUSE_MS, 2 * startMs));
  process.stdout.write(
    `A survivor waited at most ${Math.round(longestWait)} ms; the first server took ${Math.round(startMs)} ms to start.\n`,
  );
  log.expectIn(await readAll(second, { conversation_key: log.key }));
  await Promise.all(survivors.map((server) => server[Symbol.asyncDispose]()));
  await using afterwards = await startServer(folder.env);
  log.expectIn(await readAll(afterwards, { conversation_key: log.key }));
}, 120_000);

it(
  `opens the folder and finds everything acknowledged after ${KILLS} kills of a lone server`,
  async () => {
    await using folder = await createDataFolder();
    const log = new TurnLog('stream');
    for (let round = 1; round <= KILLS; round += 1) {
      await using server = await startServer(folder.env);
      const enough = log.acknowledged.size + 4 + ((round * 7) % 23);
      let killing: Promise<void> | undefined;
      const lane = async (name: string): Promise<void> => {
        for (let count = 1; !killing; count += 1) {
          await log.save(server, `round${round}-${name}-${count}`);
          // The other lanes have a save under way at this moment.
          if (log.acknowledged.size >= enough) killing ??= server.kill();
        }
      };
      const lanes = await Promise.allSettled(['a', 'b', 'c'].map(lane));
      await killing;
      expect(lanes.some(({ status }) => status === 'fulfilled')).toBe(true);
      expect(log.acknowledged.size).toBeGreaterThanOrEqual(enough);
    }
    await using server = await startServer(folder.env);
    log.expectIn(await readAll(server, { conversation_key: log.key }));
  },
  60_000 + KILLS * 30_000,
);

async function leaderOf(dataDir: string): Promise<number | undefined> {
  const db = await openDatabase({ url: null, dataDir, durability: 'full', logSql: false, poolMax: 1 }, createLog('error'));
  try {
    return (await db.describe()).processes.find(({ role }) => role === 'leader')?.pid;
  } finally {
    await db.close();
  }
}
