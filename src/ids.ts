import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const BYTES = 16;
/** Asking the system for randomness takes longer than all else about an id, however much is asked for. */
const pool = Buffer.alloc(128 * BYTES);
let used = pool.length;
let [msecs, seq] = [0, 0];

/**
 * A UUIDv7: made by the application, so a write can be repeated safely; ordered by time and, from one process, in the order in which
 * they were made, so inserts stay local in the index.
 */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + BYTES);
  used += BYTES;
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // The lower half of 32 bits, so that as many more fit into the same millisecond.
    seq = random.readUInt32BE(6) >>> 1;
  } else {
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs += 1;
  }
  return v7({ random, msecs, seq });
}

/** Whether a name has the form of an id; the database would refuse to look for another. */
export const isUuid = (name: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
