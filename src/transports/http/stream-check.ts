import { AppError } from '../../errors.js';
import type { AccessChanges } from '../../services/accounts/access-changes.js';
import type { Caller, HttpResponse } from './answers.js';

/** Ends what outlives the request that was let in, once its credential is no longer good: when access changed, and every so often. */
export class StreamCheck {
  readonly #everyMs: number;
  readonly #open = new Set<() => Promise<void>>();

  constructor(everyMs: number, access: AccessChanges) {
    this.#everyMs = everyMs;
    access.onChange(() => void this.#lookAtAll());
  }

  /** Marks the answer as a stream and calls `end` once the credential was revoked or has expired. */
  watch(res: HttpResponse, caller: Caller, end: () => void): void {
    res.locals.stream = true;
    this.guard(res, caller, end);
  }

  /** The same for an answer that is waited for. */
  guard(res: HttpResponse, { check }: Caller, end: () => void): void {
    const look = async (): Promise<void> => {
      try {
        await check();
      } catch (error) {
        // A database that is away for a moment says nothing about the credential.
        if (error instanceof AppError && error.code === 'unauthenticated') end();
      }
    };
    this.#open.add(look);
    const timer = setInterval(() => void look(), this.#everyMs).unref();
    res.once('close', () => {
      clearInterval(timer);
      this.#open.delete(look);
    });
  }

  /** One after the other: those with the same credential share one look at the database. */
  async #lookAtAll(): Promise<void> {
    for (const look of [...this.#open]) await look();
  }
}
