import type pg from 'pg';
import { isConnectionLost } from './pg-errors.js';
import { inOneWrite } from './sequelize-internals.js';

/** The most reads that go to one connection together. */
const MAX_TOGETHER = 8;

/** Where connections come from; whoever has waited longest is given the next. */
export type Lender = Readonly<{
  take(): Promise<pg.Client>;
  giveBack(client: pg.Client): void;
  discard(client: pg.Client): Promise<void>;
}>;

type Waiting = Readonly<{ send(client: pg.Client): Promise<unknown>; fail(error: unknown): void }>;

/**
 * Lends connections to brief reads. When none is free, those that wait go together to the next that is: sent in one write, each a
 * transaction of its own, answered one after the other: fewer writes and wake-ups on both sides (docs/benchmarks.md).
 */
export class ReadBatches {
  readonly #lender: Lender;
  readonly #waiting: Waiting[] = [];
  #asked = 0;

  constructor(lender: Lender) {
    this.#lender = lender;
  }

  run<T>(send: (client: pg.Client) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        send: (client) => {
          const answer = send(client);
          answer.then(resolve, reject);
          return answer;
        },
        fail: reject,
      });
      if (this.#waiting.length > this.#asked * MAX_TOGETHER) void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    this.#asked += 1;
    const client = await this.#lender.take().catch((error: unknown) => {
      for (const { fail } of this.#next()) fail(error);
    });
    if (!client) return;
    const batch = this.#next();
    const answers = inOneWrite(client, () => Promise.allSettled(batch.map(({ send }) => send(client))));
    const isLost = (await answers).some((answer) => answer.status === 'rejected' && isConnectionLost(answer.reason));
    if (isLost) await this.#lender.discard(client).catch(() => undefined);
    else this.#lender.giveBack(client);
  }

  #next(): Waiting[] {
    this.#asked -= 1;
    return this.#waiting.splice(0, MAX_TOGETHER);
  }
}
