import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as OldTransport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { PACKAGE_FOLDER } from '../../src/version.js';
import { modernPeer, oldPeer, type Peer } from '../transports/peers.js';

/** Clients of other makers, and how they can reach a server. */
const CLIENTS = {
  'ai-sdk': ['http', 'stdio'],
  langchain: ['http', 'stdio'],
  inspector: ['http', 'stdio'],
  remote: ['http'],
} as const;
/** Some of them need a newer Node than this program. */
const NODE = `node-${process.platform}-${process.arch}@22.23.3`;
const HERE = join(PACKAGE_FOLDER, 'test', 'clients');
const MAIN = join(PACKAGE_FOLDER, 'dist', 'src', 'main.js');
const PATIENCE_MS = 60_000;

const run = promisify(execFile);
const say = (line: string): void => void process.stdout.write(`${line.trim()}\n`);

/** Installs the clients in a folder of their own. Resolves to the Node they run on. */
async function install(folder: string): Promise<string> {
  await cp(HERE, folder, { recursive: true });
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--save', NODE]);
  return join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
}

async function serve(env: Record<string, string>): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--http', '--port', '0'], { env, stdio: ['ignore', 'inherit', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const address = /at (http:\S+)\. Ctrl-C/.exec(line)?.[1];
      if (address) resolve(address);
    });
    gone.then(() => reject(new Error('The server did not start.')));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
  };
  return { url, stop };
}

/** The SDK's own clients; what they do in full is tested in test/transports. */
async function trySdk(name: string, peer: Peer): Promise<void> {
  await using client = peer;
  const { tools } = await client.listTools();
  const word = `kestrel-${name}`;
  const saved = await client.callTool('save_turn', { messages: [{ role: 'user', content: `The ${word} is on the wall.` }] });
  const { conversation_id } = saved.structuredContent as { conversation_id: string };
  for (const answer of [
    await client.callTool('load_history', { conversation_id }),
    await client.callTool('recall', { query: `Where is the ${word}?` }),
    await client.readResource(`memory://conversations/${conversation_id}`),
  ])
    if (!JSON.stringify(answer).includes(word)) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  say(`${name} over http, revision ${client.revision}: ${tools.length} tools; saved, loaded, recalled and read`);
}

const folder = await mkdtemp(join(tmpdir(), 'recollect-clients-'));
const env = { PATH: process.env.PATH ?? '', RECOLLECT_DATA_DIR: join(folder, 'data'), RECOLLECT_LOG_LEVEL: 'warn' };
try {
  const node = await install(folder);
  const { stdout } = await run(process.execPath, [MAIN, 'token', 'create', '--name', 'clients'], { env });
  const key = stdout.trim();
  const server = await serve(env);
  try {
    const headers = { requestInit: { headers: { Authorization: `Bearer ${key}` } } };
    const versions = (name: string) =>
      (JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;
    await trySdk(`sdk ${versions('@modelcontextprotocol/sdk')}`, await oldPeer(new OldHttp(new URL(server.url), headers) as OldTransport));
    await trySdk(`client ${versions('@modelcontextprotocol/client')}`, await modernPeer(new ModernHttp(new URL(server.url), headers)));
    const targets = { http: { url: server.url, key }, stdio: { command: process.execPath, args: [MAIN, 'serve'], env } };
    for (const [client, ways] of Object.entries(CLIENTS)) {
      for (const way of ways) {
        const outcome = await run(node, ['try.mjs', client, JSON.stringify(targets[way])], { cwd: folder, timeout: PATIENCE_MS }).catch(
          (error: Error & { stderr?: string }) => ({ stdout: `FAILED\n${error.stderr ?? error.message}` }),
        );
        if (outcome.stdout.startsWith('FAILED')) process.exitCode = 1;
        say(`${client} over ${way}: ${outcome.stdout}`);
      }
    }
  } finally {
    await server.stop();
  }
  const files = ['README.md', 'mcp.json', 'docs/clients.md', 'docs/http.md'];
  const shown = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(join(PACKAGE_FOLDER, file), 'utf8')])),
  );
  await writeFile(join(folder, 'shown.json'), JSON.stringify(shown));
  const checked = await run('sh', ['-c', `"${node}" configurations.mjs < shown.json`], { cwd: folder });
  say(checked.stdout);
} finally {
  await rm(folder, { recursive: true, force: true });
}
