import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

/** The reference memory server's own program. */
const referenceServer = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-memory/package.json')),
  'dist/index.js',
);

/** A client of the reference memory server, running with a file of its own. */
export async function startReference(): Promise<{ client: Client; file: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reference-memory-'));
  const file = path.join(folder, 'memory.jsonl');
  const client = new Client({ name: 'test', version: '0' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [referenceServer],
      env: { PATH: process.env.PATH ?? '', MEMORY_FILE_PATH: file },
      stderr: 'ignore',
    }),
  );
  return {
    client,
    file,
    async [Symbol.asyncDispose]() {
      await client.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
