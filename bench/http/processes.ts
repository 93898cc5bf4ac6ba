import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PACKAGE_FOLDER } from '../../src/version.js';
import type { Job, Load } from './load.js';

const MAIN = join(PACKAGE_FOLDER, 'dist', 'src', 'main.js');

export interface Process extends AsyncDisposable {
  readonly url: string;
  /** In megabytes; undefined where the system does not say. */
  memory(): number | undefined;
  /** Milliseconds of processor time it has taken so far, in all its threads; undefined where the system does not say. */
  cpu(): number | undefined;
}

/** What Linux counts processor time in. */
const TICK_MS = 10;

/** The built server as it is started for a team. */
export async function startServer(env: Record<string, string>): Promise<Process> {
  const folder = await mkdtemp(join(tmpdir(), 'recollect-bench-log-'));
  const path = join(folder, 'log');
  // Into a file, as a service has it: reading a line for each request would be work of ours beside what is measured.
  const log = await open(path, 'a');
  try {
    const child = spawn(process.execPath, [MAIN, 'serve', '--http', '--port', '0'], {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'inherit', log.fd],
    });
    while (child.exitCode === null) {
      const url = /at (http:\S+)\. Ctrl-C/.exec(await readFile(path, 'utf8'))?.[1];
      if (url !== undefined) return processOf(child, url);
      await sleep(50);
    }
    throw new Error(`The server did not start: ${await readFile(path, 'utf8')}`);
  } finally {
    await log.close();
    // The server goes on writing to it; nobody finds it any more, and its place is free when the server ends.
    await rm(folder, { recursive: true });
  }
}

const forked = (file: string): ChildProcess => fork(join(PACKAGE_FOLDER, 'bench', 'http', file), { execArgv: ['--import', 'tsx'] });

export async function startFloor(answer: object): Promise<Process> {
  const child = forked('floor.ts');
  child.send(answer);
  const [url] = (await once(child, 'message')) as [string];
  return processOf(child, url);
}

export async function runLoad(job: Job): Promise<Load> {
  const child = forked('load.ts');
  child.send(job);
  const [load] = (await once(child, 'message')) as [Load];
  return load;
}

function processOf(child: ChildProcess, url: string): Process {
  return {
    url,
    memory() {
      try {
        return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
      } catch {
        return undefined;
      }
    },
    cpu() {
      try {
        const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
        return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
      } catch {
        return undefined;
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'close');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
