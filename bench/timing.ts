/** One thing to time. What `prepare` does is not counted, what it returns is. */
export type Contender = { prepare(): Promise<() => Promise<unknown>> };

export type Timing = Readonly<{ samples: number; median: number; p95: number }>;

/** Times contenders by turns, in changing order, so that whatever else the machine does hits all of them alike. */
export async function takeTurns<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  { samples, warmUp }: { samples: number; warmUp: number },
): Promise<Record<K, Timing>> {
  const names = Object.keys(contenders) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = -warmUp; round < samples; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const run = await contenders[name].prepare();
      const started = performance.now();
      await run();
      const time = performance.now() - started;
      if (round >= 0) times[name].push(time);
    }
  }
  return Object.fromEntries(names.map((name) => [name, timingOf(times[name])])) as Record<K, Timing>;
}

export function timingOf(times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  return { samples: sorted.length, median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
