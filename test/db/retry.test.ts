import { afterEach, expect, test, vi } from 'vitest';
import { retrying } from '../../src/db/retry.js';

afterEach(() => vi.useRealTimers());

test('a clock that is set back makes nobody wait longer', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let attempts = 0;
  const failing = async (): Promise<never> => {
    attempts += 1;
    vi.setSystemTime(Date.now() - 3_600_000);
    throw new Error('not yet');
  };
  await expect(retrying(failing, () => true, 40)).rejects.toMatchObject({ code: 'unavailable' });
  expect(attempts).toBeGreaterThan(1);
});
