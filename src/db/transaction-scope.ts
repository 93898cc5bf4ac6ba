import { AsyncLocalStorage } from 'node:async_hooks';

/** Before it Node calls a hook for each promise of the process once anything is followed: a call over HTTP then costs a quarter more. */
const FREE_FROM_NODE = 24;

let isWatched = Number.parseInt(process.versions.node, 10) >= FREE_FROM_NODE;

/** Has databases that are opened from now on watch their transactions on any version of Node: the tests do. */
export const watchTransactions = (): void => {
  isWatched = true;
};

/**
 * Knows whether code runs inside the callback of a transaction, so that a statement that forgot to join it is an error at once.
 * On the embedded engine it would wait for the transaction it is awaited in, and on a server read around it.
 */
export class TransactionScope {
  readonly #storage = isWatched ? new AsyncLocalStorage<{ open: boolean }>() : undefined;

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#storage) return work();
    const scope = { open: true };
    try {
      return await this.#storage.run(scope, work);
    } finally {
      // What the callback left running, like a timer, is not inside any more.
      scope.open = false;
    }
  }

  assertOutside(what: string): void {
    if (this.#storage?.getStore()?.open)
      throw new Error(`A statement was sent outside of the transaction it runs in; pass the transaction on: ${what}`);
  }
}
