import fc from 'fast-check';
import { it } from 'vitest';

type Arbitraries<T extends [unknown, ...unknown[]]> = { [K in keyof T]: fc.Arbitrary<T[K]> };

/** A test of something that holds for all values. */
export const property = <T extends [unknown, ...unknown[]]>(name: string, given: Arbitraries<T>, check: (...values: T) => unknown): void =>
  it(name, () =>
    fc.assert(fc.asyncProperty(fc.tuple(...given) as unknown as fc.Arbitrary<T>, async (values) => void (await check(...values)))),
  );
