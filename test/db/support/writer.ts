import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Database } from '../../../src/db/database.js';
import { QUICK_START } from '../../support/quick-start.js';
import { run } from './folder.js';

const SCRIPT = fileURLToPath(new URL('./writer-process.ts', import.meta.url));

export const createLedger = async (database: Database, writers: readonly string[]): Promise<void> => {
  await run(database, 'create table ledger (id text primary key, writer text not null)');
  await run(database, 'create table counters (writer text primary key, n int not null default 0)');
  for (const writer of writers) await run(database, 'insert into counters (writer) values ($1)', [writer]);
};

/** What a reader finds after the writers are gone. */
export const readLedger = async (database: Database): Promise<{ ids: Set<string>; counters: Map<string, number> }> => {
  const ids = await run<{ id: string }>(database, 'select id from ledger');
  const counters = await run<{ writer: string; n: number }>(database, 'select writer, n from counters');
  return { ids: new Set(ids.map(({ id }) => id)), counters: new Map(counters.map(({ writer, n }) => [writer, n])) };
};

/** A writer in a process of its own, and what it has said so far. */
export class Writer {
  readonly acknowledged: { id: string; at: number }[] = [];
  role: string | undefined;
  done = false;
  errors = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #wake: () => void = () => undefined;

  constructor(dataDir: string, name: string, count: number) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', QUICK_START, SCRIPT, dataDir, name, String(count)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'exit').then(() => this.#wake());
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#hear(line));
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves as soon as `isTrue`, and when the process ends. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue() && this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  ended(): Promise<unknown> {
    return this.#ended;
  }

  #hear(line: string): void {
    const [what, id = '', at = '0'] = line.split(' ');
    if (what === 'ready') this.role = id;
    else if (what === 'ack') this.acknowledged.push({ id, at: Number(at) });
    else if (what === 'done') this.done = true;
    this.#wake();
  }
}
