import { invalidInput } from '../../errors.js';
import type { Limits } from '../limits.js';

/** Refuses a message whose stored parts together are larger than the limit. */
export function assertMessageSize(what: string, parts: readonly unknown[], { maxMessageBytes }: Limits): void {
  const size = Buffer.byteLength(JSON.stringify(parts));
  if (size <= maxMessageBytes) return;
  throw invalidInput(
    `${what} has ${size} bytes; the limit is ${maxMessageBytes}. Nothing was saved.`,
    'Split it into several messages, or keep the bulk as an attachment. The operator can raise RECOLLECT_MAX_MESSAGE_BYTES.',
  );
}
