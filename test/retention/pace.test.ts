import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { steady, YieldingPace } from '../../src/repository/retention/retention-pace.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

it('steps back when it had to wait for somebody, and goes on at full speed when nobody was noticed for a second', () => {
  const pace = new YieldingPace();
  expect([pace.pauseAfter(0.4), pace.size]).toEqual([0, 100]);
  expect([pace.pauseAfter(2), pace.size]).toEqual([40, 20]);
  vi.advanceTimersByTime(900);
  expect([pace.pauseAfter(0.4), pace.size]).toEqual([40, 20]);
  vi.advanceTimersByTime(200);
  expect([pace.pauseAfter(0.4), pace.size]).toEqual([0, 100]);
});

it('is always the same where others write meanwhile', () => {
  const pace = steady(500);
  expect([pace.pauseAfter(50), pace.size]).toEqual([0, 500]);
});
