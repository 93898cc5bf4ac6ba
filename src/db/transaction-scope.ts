import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Knows whether code runs inside the callback of a transaction, so that a statement that forgot to join it is an error at once.
 * On the embedded engine it would wait for the transaction it is awaited in, and on a server read around it.
 */
export class TransactionScope {
  readonly #storage = new AsyncLocalStorage<{ open: boolean }>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const scope = { open: true };
    try {
      return await this.#storage.run(scope, work);
    } finally {
      // What the callback left running, like a timer, is not inside any more.
      scope.open = false;
    }
  }

  assertOutside(what: string): void {
    if (this.#storage.getStore()?.open)
      throw new Error(`A statement was sent outside of the transaction it runs in; pass the transaction on: ${what}`);
  }
}
