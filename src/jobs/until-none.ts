const BATCH = 500;

/** Removes batch after batch until one is not full, or until it is to stop; answers how many went. */
export async function untilNone(signal: AbortSignal, remove: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (let removed = BATCH; removed >= BATCH && !signal.aborted; total += removed) removed = await remove(BATCH);
  return total;
}
