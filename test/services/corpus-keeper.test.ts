import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLog } from '../../src/log.js';
import { CorpusKeeper } from '../../src/services/corpus-keeper.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Counts batches: each tenant has so many of them. */
const keeperOf = (batches: number, fail = false) => {
  const folded: string[] = [];
  const fold = async (tenantId: string) => {
    folded.push(tenantId);
    if (fail) throw new Error('The database is away.');
    return folded.length < batches;
  };
  return { folded, keeper: new CorpusKeeper(async () => ({ fold }), createLog('silent')) };
};

it('counts when nobody has written for a second, until nothing is left', async () => {
  const { folded, keeper } = keeperOf(1);
  keeper.wrote('a');
  await vi.advanceTimersByTimeAsync(900);
  keeper.wrote('a');
  await vi.advanceTimersByTimeAsync(900);
  expect(folded).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(folded).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(folded).toEqual(['a']);
  await keeper.close();
});

it('counts every ten seconds under a stream of writes', async () => {
  const { folded, keeper } = keeperOf(1);
  for (let at = 0; at < 250; at += 1) {
    keeper.wrote('a');
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(folded).toHaveLength(2);
  await keeper.close();
});

it('tries again after a failure, with the next write', async () => {
  const { folded, keeper } = keeperOf(1, true);
  keeper.wrote('a');
  await vi.advanceTimersByTimeAsync(2_000);
  keeper.wrote('a');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(folded).toEqual(['a', 'a']);
  await keeper.close();
});

it('does nothing any more once it is closed', async () => {
  const { folded, keeper } = keeperOf(1);
  keeper.wrote('a');
  await keeper.close();
  keeper.wrote('b');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(folded).toEqual([]);
});
