import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { FromWorker, ToWorker, WorkerInput } from './worker-messages.js';

const IS_SOURCE = import.meta.url.endsWith('.ts');
const ENTRY = new URL(IS_SOURCE ? './engine-worker.ts' : './engine-worker.js', import.meta.url);

/** Node 20 reads no TypeScript, and tsx installs itself in main threads only: a source checkout installs it in the thread by hand. */
const sourceLoader = (): string[] => {
  const tsx = new URL('./dist/esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')));
  return ['--import', `data:text/javascript,import { register } from ${JSON.stringify(tsx)}; register();`];
};

/** The engine's worker thread as its process sees it. */
export class EngineThread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #waiting: { type: FromWorker['type']; resolve: (message: FromWorker) => void; reject: (error: unknown) => void }[] = [];
  #failure: AppError | undefined;

  constructor(input: WorkerInput, log: Log) {
    // Its stdout would be ours, and that belongs to the protocol.
    this.#worker = new Worker(ENTRY, {
      workerData: input,
      stdout: true,
      stderr: true,
      // PostgreSQL checks its own stack; this must be the larger one, or deep recursion in a function crashes the engine.
      resourceLimits: { stackSizeMb: 16 },
      ...(IS_SOURCE ? { execArgv: sourceLoader() } : {}),
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.on('data', (text: Buffer) => log.warn({ output: text.toString() }, 'output of the embedded engine'));
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => {
      log.error({ err: error }, 'the embedded engine crashed');
      this.#fail(new AppError('unavailable', 'The embedded engine crashed.', { hint: 'Try again.', cause: error }));
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new AppError('unavailable', 'The embedded engine ended.', { hint: 'Try again.' }));
        resolve();
      });
    });
  }

  /** Settles when the thread is gone: nothing touches the files any more. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async listening(): Promise<string> {
    const message = await this.#next('listening');
    return message.type === 'listening' ? message.socketPath : '';
  }

  async open(): Promise<Extract<FromWorker, { type: 'open' }>> {
    this.#tell('open');
    return (await this.#next('open')) as Extract<FromWorker, { type: 'open' }>;
  }

  /** Lets the running statement end, closes the engine in order and waits for the thread. */
  async close(): Promise<void> {
    this.#tell('close');
    await this.#ended;
  }

  /** Ends the thread at once; the files are as after a crash. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
    await this.#ended;
  }

  #tell(command: ToWorker): void {
    this.#worker.postMessage(command);
  }

  #next(type: FromWorker['type']): Promise<FromWorker> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.push({ type, resolve, reject }));
  }

  #receive(message: FromWorker): void {
    if (message.type === 'failed')
      this.#fail(
        new AppError('unavailable', message.message, { ...(message.hint ? { hint: message.hint } : {}), cause: new Error(message.detail) }),
      );
    for (const waiter of this.#waiting.filter(({ type }) => type === message.type)) waiter.resolve(message);
  }

  #fail(error: AppError): void {
    this.#failure ??= error;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#failure);
  }
}
