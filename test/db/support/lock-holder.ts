import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { DatabaseConfig } from '../../../src/db/open.js';
import { QUICK_START } from '../../support/quick-start.js';

/** Another process that holds a job lock. */
export class LockHolder {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(config: DatabaseConfig, name: string): Promise<LockHolder> {
    const child = fork(new URL('./lock-process.ts', import.meta.url), [JSON.stringify(config), name], {
      execArgv: ['--import', 'tsx', QUICK_START],
    });
    const [taken] = await once(child, 'message');
    if (taken !== true) throw new Error(`The lock ${name} is taken already.`);
    return new LockHolder(child);
  }

  /** Gives it no time for anything. */
  async kill(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}
