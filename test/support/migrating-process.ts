import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { DatabaseConfig } from '../../src/db/open.js';
import { QUICK_START } from './quick-start.js';

/** Another process with the database open, ready to migrate it. */
export class MigratingProcess {
  readonly #process: ChildProcess;

  private constructor(config: DatabaseConfig) {
    // Not inherited everywhere: vitest's own process runs without tsx.
    this.#process = fork(new URL('./migrate-process.ts', import.meta.url), [JSON.stringify(config)], {
      execArgv: ['--import', 'tsx', QUICK_START],
    });
  }

  static async start(config: DatabaseConfig): Promise<MigratingProcess> {
    const program = new MigratingProcess(config);
    await program.#says();
    return program;
  }

  /** Migrates, and answers what it applied once it has closed the database. */
  async migrate(): Promise<string[]> {
    const applied = this.#says();
    this.#process.send('go');
    return (await applied) as string[];
  }

  async #says(): Promise<unknown> {
    const died = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`The migrating process ended with ${String(code)}.`);
    });
    const [message] = await Promise.race([once(this.#process, 'message'), died]);
    return message;
  }
}
