import { expect, test } from 'vitest';
import { freshFolder, openFolder } from './support/folder.js';
import { createLedger, readLedger, Writer } from './support/writer.js';

/** A busy machine opens a folder slowly, and takes one over slowly. */
const openedIn = async (folder: string): Promise<number> => {
  const started = Date.now();
  const database = await openFolder(folder);
  const milliseconds = Date.now() - started;
  await database.close();
  return milliseconds;
};

const prepare = async (writers: readonly string[]): Promise<string> => {
  const folder = await freshFolder();
  const database = await openFolder(folder);
  await createLedger(database, writers);
  await database.close();
  return folder;
};

test('three processes write at once while the leader is killed: nothing acknowledged is lost or there twice', {
  timeout: 120_000,
}, async () => {
  const names = ['a', 'b', 'c'];
  const folder = await prepare(names);
  const patience = Math.max(5_000, 5 * (await openedIn(folder)));
  const writers = names.map((name) => new Writer(folder, name, 150));
  await Promise.all(writers.map((writer) => writer.until(() => writer.acknowledged.length >= 25)));
  const leader = writers.find(({ role }) => role === 'leader');
  const survivors = writers.filter((writer) => writer !== leader);
  expect(leader).toBeDefined();
  expect(survivors.map(({ role }) => role)).toEqual(['follower', 'follower']);

  const killedAt = Date.now();
  await leader!.kill();
  for (const survivor of survivors) {
    await survivor.until(() => survivor.acknowledged.some(({ at }) => at > killedAt + 50));
    expect(survivor.acknowledged.find(({ at }) => at > killedAt + 50)!.at - killedAt).toBeLessThan(patience);
  }
  await Promise.all(survivors.map((survivor) => survivor.ended()));
  expect(survivors.map(({ done, errors }) => ({ done, errors }))).toEqual([
    { done: true, errors: '' },
    { done: true, errors: '' },
  ]);

  const { ids, counters } = await readLedger(await openFolder(folder));
  for (const writer of writers) for (const { id } of writer.acknowledged) expect(ids).toContain(id);
  for (const name of names) {
    const inTransactions = [...ids].filter((id) => id.startsWith(`${name}-`) && Number(id.slice(2)) % 2 === 1).length;
    expect(counters.get(name)).toBe(inTransactions);
  }
  for (const survivor of survivors) expect(survivor.acknowledged).toHaveLength(150);
});

test('a lone process killed in the middle of its writes, again and again, loses nothing that it acknowledged', {
  timeout: 120_000,
}, async () => {
  const rounds = Number(process.env.RECOLLECT_KILL_ROUNDS ?? 3);
  const names = Array.from({ length: rounds }, (_, round) => `r${round}`);
  const folder = await prepare(names);
  const acknowledged: string[] = [];
  for (const [round, name] of names.entries()) {
    const writer = new Writer(folder, name, 100_000);
    await writer.until(() => writer.acknowledged.length >= 10 + round * 7);
    await writer.kill();
    expect(writer.errors).toBe('');
    acknowledged.push(...writer.acknowledged.map(({ id }) => id));
  }
  const { ids, counters } = await readLedger(await openFolder(folder));
  for (const id of acknowledged) expect(ids).toContain(id);
  for (const name of names) {
    const inTransactions = [...ids].filter((id) => id.startsWith(`${name}-`) && Number(id.split('-')[1]) % 2 === 1).length;
    expect(counters.get(name)).toBe(inTransactions);
  }
});
