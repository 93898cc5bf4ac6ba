import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PACKAGE_FOLDER } from '../../src/version.js';

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
/** The suite does not run on the oldest Node this program runs on. */
const SUITE_NODE = 22;
const NODE_PACKAGE = `node-${process.platform}-${process.arch}@22.23.3`;
const REVISIONS = ['2025-11-25', '2026-07-28'];
const BASELINE = join(PACKAGE_FOLDER, 'test', 'conformance', 'baseline.yml');

/** The built server as anybody starts it, but for the fixtures. Resolves when it listens. */
async function startServer(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const main = join(PACKAGE_FOLDER, 'dist', 'src', 'main.js');
  const args = [main, 'serve', '--http', '--no-auth', '--port', '0', '--conformance'];
  const env = { PATH: process.env.PATH ?? '', RECOLLECT_DATA_DIR: join(folder, 'data'), RECOLLECT_LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const address = /at (http:\S+)\. Ctrl-C/.exec(line)?.[1];
      if (address) resolve(address);
    });
    gone.then(() => reject(new Error(`The server did not start:\n${lines.join('\n')}`)));
  });
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** Resolves to whether every scored scenario passed or stands in the baseline, and nothing in the baseline passes by now. */
function runSuite(url: string, revision: string, folder: string): Promise<boolean> {
  const ownNode = Number.parseInt(process.versions.node, 10) >= SUITE_NODE;
  const packages = [...(ownNode ? [] : [NODE_PACKAGE]), SUITE].flatMap((name) => ['-p', name]);
  const options = ['--url', url, '--requirements', revision, '--expected-failures', BASELINE, '-o', folder];
  const child = spawn('npx', ['-y', ...packages, '--', 'conformance', 'server', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = process.argv.includes('--verbose');
  createInterface({ input: child.stdout }).on('line', (line) => {
    told ||= /^=== SUMMARY/.test(line);
    if (told) process.stdout.write(`${line}\n`);
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code === 0)));
}

const folder = await mkdtemp(join(tmpdir(), 'recollect-conformance-'));
try {
  const server = await startServer(folder);
  try {
    for (const revision of REVISIONS) {
      process.stdout.write(`\n${revision}\n`);
      if (!(await runSuite(server.url, revision, join(folder, revision)))) process.exitCode = 1;
    }
  } finally {
    await server.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
