import { afterEach, describe, expect, it, vi } from 'vitest';
import { isUuid, newId } from '../src/ids.js';

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** More than the randomness that is fetched at once is enough for. */
const MANY = 1_000;

const many = (): string[] => Array.from({ length: MANY }, () => newId());
const millisecondsOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

afterEach(() => void vi.useRealTimers());

describe('newId', () => {
  it('makes UUIDs of version 7 with the time in them', () => {
    const before = Date.now();
    const ids = many();
    for (const id of ids) expect(id).toMatch(V7);
    expect(ids.every(isUuid)).toBe(true);
    expect(millisecondsOf(ids[0]!)).toBeGreaterThanOrEqual(before);
    expect(millisecondsOf(ids.at(-1)!)).toBeLessThanOrEqual(Date.now());
  });

  it('makes ids that rise in the order in which they are made, within a millisecond and when the clock is set back', () => {
    const made = many();
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() - 60_000);
    made.push(...many());
    vi.useRealTimers();
    made.push(...many());
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(made.length);
  });

  it('leaves to chance what time and order do not say', () => {
    const ends = new Set(many().map((id) => id.slice(-12)));
    expect(ends.size).toBe(MANY);
  });
});
