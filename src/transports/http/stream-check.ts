import { AppError } from '../../errors.js';
import type { Caller, HttpResponse } from './answers.js';

/** Ends streams whose credential is no longer good: they outlive the request that was let in. */
export class StreamCheck {
  readonly #everyMs: number;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Marks the answer as a stream and calls `end` once the credential was revoked or has expired. */
  watch(res: HttpResponse, { check }: Caller, end: () => void): void {
    res.locals.stream = true;
    const timer = setInterval(() => {
      check().catch((error: unknown) => {
        // A database that is away for a moment says nothing about the credential.
        if (error instanceof AppError && error.code === 'unauthenticated') end();
      });
    }, this.#everyMs).unref();
    res.once('close', () => clearInterval(timer));
  }
}
