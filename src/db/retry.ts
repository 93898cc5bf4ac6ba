import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.js';
import { isConnectionLost, isContention, wasNotSent } from './pg-errors.js';

const DEADLINE_MS = 20_000;
const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 400;
/** A statement that breaks its connection this often is taken for the cause. */
const MAX_LOSSES = 6;

/** One per operation: it counts the connections that the operation lost. */
export const transience = (): ((error: unknown) => boolean) => {
  let losses = 0;
  return (error) => {
    if (isContention(error) || wasNotSent(error)) return true;
    if (!isConnectionLost(error)) return false;
    losses += 1;
    return losses <= MAX_LOSSES;
  };
};

/** Calls `attempt` until it works, fails with something `isTransient` refuses, or 20 seconds are over. */
export const retrying = async <T>(
  attempt: () => Promise<T>,
  isTransient: (error: unknown) => boolean,
  patienceMs = DEADLINE_MS,
): Promise<T> => {
  const deadline = performance.now() + patienceMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (performance.now() > deadline)
        throw new AppError('unavailable', 'The database did not come back in time.', { hint: 'Try again in a moment.', cause: error });
      await sleep(pause * (0.5 + Math.random()));
    }
  }
};
