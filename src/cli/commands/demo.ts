import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startServer } from '../client.js';
import { defineCommand, type ExitCode, value } from '../define.js';
import { demoSteps, type Step } from '../demo/steps.js';
import type { Output } from '../output.js';

export default defineCommand({
  name: 'demo',
  summary: 'show the whole thing at work in a throw-away memory',
  details:
    'Starts a server in a fresh temporary folder, connects a real MCP client to it over stdio, saves a conversation,\n' +
    'loads it back, searches it and corrects it, and prints what happened. The folder is removed afterwards.',
  options: { dataDir: value('folder', 'use this folder and keep it') },
  async run({ options, output }) {
    const folder = options.dataDir ? resolve(options.dataDir) : await mkdtemp(join(tmpdir(), 'recollect-demo-'));
    try {
      return await showDemo(folder, output);
    } finally {
      if (!options.dataDir) await rm(folder, { recursive: true, force: true });
    }
  },
});

async function showDemo(folder: string, output: Output): Promise<ExitCode> {
  const started = performance.now();
  output.line(output.style('bold', 'Recollect demo'));
  output.line(`memory   ${folder}`);
  await using server = await startServer({ RECOLLECT_DATA_DIR: folder, RECOLLECT_TOOLSETS: 'all' });
  const tools = (await server.client.listTools()).tools.map(({ name }) => name);
  const { name, version } = server.client.getServerVersion() ?? { name: 'server', version: '' };
  output.line(`server   ${name} ${version}, ${tools.length} tools, handshake ${elapsed(started)}`);
  output.line();

  output.note('A first start prepares the database, which takes a few seconds …');
  const steps = demoSteps(server, tools);
  const passed = await runSteps(steps, output);
  output.line();
  const all = passed === steps.length;
  output.line(output.style(all ? 'green' : 'red', `${passed} of ${steps.length} steps passed in ${elapsed(started)}.`));
  return all ? 0 : 1;
}

/** Runs steps up to the first that fails: the later ones build on it. */
async function runSteps(steps: readonly Step[], output: Output): Promise<number> {
  for (const [index, { title, run }] of steps.entries()) {
    const started = performance.now();
    const label = `${index + 1}. ${title}`;
    try {
      const [detail, ...lines] = [await run()].flat();
      output.line(`${output.style('green', '✓')} ${label.padEnd(42)} ${elapsed(started).padStart(8)}   ${detail}`);
      for (const line of lines) output.line(output.style('dim', `      ${line}`));
    } catch (error) {
      output.line(
        `${output.style('red', '✗')} ${label.padEnd(42)} ${elapsed(started).padStart(8)}   ${error instanceof Error ? error.message : error}`,
      );
      return index;
    }
  }
  return steps.length;
}

function elapsed(since: number): string {
  const ms = performance.now() - since;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
