import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_FOLDER } from '../../src/version.js';

const MAIN = join(PACKAGE_FOLDER, 'dist', 'src', 'main.js');
const EVERY_MS = 200;
const MB = 1024;

export type Ran = Readonly<{
  ms: number;
  /** Of the command's process, and of the server's processes for it together (what is theirs alone): MB. */
  client: Memory;
  server: Memory | null;
  output: string;
}>;

/** The most, and the most in the first and the last quarter of the time. */
export type Memory = Readonly<{ first: number; last: number; peak: number }>;

/** Runs the built program and looks at its memory, and at that of the processes that `serverPids` names, all the while. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  serverPids: () => Promise<readonly number[]> = async () => [],
): Promise<Ran> {
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', RECOLLECT_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString();
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const client: number[] = [];
  const server: number[] = [];
  const look = setInterval(() => {
    client.push(memoryOf(child.pid!, 'VmRSS'));
    serverPids().then(
      (pids) => pids.length > 0 && server.push(pids.reduce((sum, pid) => sum + memoryOf(pid, 'RssAnon'), 0)),
      () => undefined,
    );
  }, EVERY_MS);
  const [code] = await exit;
  clearInterval(look);
  if (code !== 0) throw new Error(`recollect ${args.join(' ')} ended with ${code}`);
  return { ms: performance.now() - started, client: most(client), server: server.length > 0 ? most(server) : null, output };
}

function most(samples: readonly number[]): Memory {
  const quarter = Math.ceil(samples.length / 4);
  const of = (part: readonly number[]) => Math.round(Math.max(0, ...part) / MB);
  return { first: of(samples.slice(0, quarter)), last: of(samples.slice(-quarter)), peak: of(samples) };
}

/** In kB; nothing of a process that has just ended. */
function memoryOf(pid: number, field: string): number {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
