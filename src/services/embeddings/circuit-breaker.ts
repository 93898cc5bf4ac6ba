const OPENS_AFTER = 3;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Spares a provider that does not work, and everybody who would wait for it. Closed: calls go through. After three failures
 * in a row it opens: calls are refused at once. After a pause, which doubles with every failure, one call goes through to
 * see whether it works again; all others are refused until that one is back.
 */
export class CircuitBreaker {
  readonly #now: () => number;
  #failures = 0;
  #reason = '';
  #openUntil = 0;
  #probing = false;

  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  /** Why the last call failed, while calls are refused or it is being tried whether it works again; null when it works. */
  get reason(): string | null {
    return this.#failures >= OPENS_AFTER ? this.#reason : null;
  }

  /** How long until a call goes through, as far as can be told. */
  get waitMs(): number {
    return this.#failures < OPENS_AFTER ? 0 : Math.max(this.#openUntil - this.#now(), this.#probing ? FIRST_PAUSE_MS : 0);
  }

  /** Whether a call may be made now. Whoever gets a yes must report how it went. */
  enter(): boolean {
    if (this.#failures < OPENS_AFTER) return true;
    if (this.#probing || this.#now() < this.#openUntil) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probing = false;
  }

  failed(reason: string, retryAfterMs = 0): void {
    this.#failures += 1;
    this.#reason = reason;
    this.#probing = false;
    // Who was asked to wait is asked for a reason: no second or third failure is needed to believe it.
    if (retryAfterMs > 0) this.#failures = Math.max(this.#failures, OPENS_AFTER);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(this.#failures - OPENS_AFTER, 0), LONGEST_PAUSE_MS);
    this.#openUntil = this.#now() + Math.max(pause * (0.8 + 0.4 * Math.random()), Math.min(retryAfterMs, LONGEST_PAUSE_MS * 10));
  }

  /** The call was given up for a reason that says nothing about the provider. */
  abandoned(): void {
    this.#probing = false;
  }
}
