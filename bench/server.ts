import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { PACKAGE_FOLDER } from '../src/version.js';

export interface Server extends AsyncDisposable {
  /** From the start of the process to the answer to `initialize`. */
  readonly handshake: number;
  /** The structured result. */
  call(tool: string, args: Record<string, unknown>): Promise<unknown>;
  ping(): Promise<unknown>;
}

const MAIN = join(PACKAGE_FOLDER, 'dist', 'src', 'main.js');

/** The built program, as an assistant starts it, and a real client of it. */
export async function startServer(env: Record<string, string>): Promise<Server> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run npm run build first.`);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, 'serve'],
    env: { PATH: process.env.PATH ?? '', RECOLLECT_LOG_LEVEL: 'error', ...env },
    stderr: 'inherit',
  });
  const client = new Client({ name: 'recollect-bench', version: '1' });
  const started = performance.now();
  await client.connect(transport);
  const handshake = performance.now() - started;
  return {
    handshake,
    ping: () => client.ping(),
    async call(tool, args) {
      const result = await client.callTool({ name: tool, arguments: args });
      if (result.isError) throw new Error(`${tool}: ${JSON.stringify(result.content)}`);
      return result.structuredContent;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
