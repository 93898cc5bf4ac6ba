import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const MINUTE_S = 60;
/** A credential that was good within this time is not taken for guessing. */
const GOOD_MS = 10 * 60_000;
const MOST_GOOD = 10_000;

/** How often callers come, in this process. Answers are seconds to wait; 0 lets the request through. */
export class RateLimits {
  readonly #known: RateLimiterMemory | undefined;
  readonly #unknown: RateLimiterMemory | undefined;
  readonly #good = new Map<string, number>();

  constructor({ known, unknown }: { known: number; unknown: number }) {
    this.#known = limiter(known);
    this.#unknown = limiter(unknown);
  }

  /** Counts a request of somebody we know. */
  count(owner: string): Promise<number> {
    return consume(this.#known, owner);
  }

  /** Counts a request without a valid credential. */
  countUnknown(address: string): Promise<number> {
    return consume(this.#unknown, networkOf(address));
  }

  /** Whether the address has failed so often that a credential nobody has seen is not even looked up. */
  async blocked(address: string, credentialHash: string): Promise<number> {
    if (!this.#unknown || (this.#good.get(credentialHash) ?? 0) > Date.now()) return 0;
    const state = await this.#unknown.get(networkOf(address));
    return state && state.remainingPoints <= 0 ? state.msBeforeNext / 1000 : 0;
  }

  /** Notes that the credential was good: its owner comes in even when somebody else behind the same address guesses. */
  wasGood(credentialHash: string): void {
    if (!this.#unknown) return;
    this.#good.delete(credentialHash);
    this.#good.set(credentialHash, Date.now() + GOOD_MS);
    if (this.#good.size > MOST_GOOD) this.#good.delete(this.#good.keys().next().value!);
  }

  wasBad(credentialHash: string): void {
    this.#good.delete(credentialHash);
  }
}

const limiter = (points: number): RateLimiterMemory | undefined =>
  points === 0 ? undefined : new RateLimiterMemory({ points, duration: MINUTE_S });

async function consume(limits: RateLimiterMemory | undefined, key: string): Promise<number> {
  try {
    await limits?.consume(key);
    return 0;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(refusal.msBeforeNext, 1) / 1000;
    throw refusal;
  }
}

/** Who has an IPv6 address has 2⁶⁴ of them. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const full = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])];
  return full
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
