import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QUICK_START } from '../support/quick-start.js';

/** The program as it is shipped; `npm test` builds it first. */
const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

export type Run = { code: number | null; stdout: string; stderr: string };

/** Starts the command line with nothing of our environment that is a setting. */
export function spawnCli(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RECOLLECT_') && name !== 'NODE_OPTIONS');
  return spawn(process.execPath, [QUICK_START, main, ...args], { env: { ...Object.fromEntries(inherited), ...env }, stdio: 'pipe' });
}

export async function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const child = spawnCli(args, env);
  child.stdin?.end();
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, stdout: stdout(), stderr: stderr() };
}

/** A new folder, and its end. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'recollect-cli-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
