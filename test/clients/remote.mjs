import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const BIN = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.bin', 'mcp-remote');

/** Calls the server through mcp-remote, as assistants do that can only start a program. */
export async function connect(target) {
  const client = new Client({ name: 'through-mcp-remote', version: '1' });
  const args = [BIN, target.url, '--header', `Authorization: Bearer ${target.key}`, '--transport', 'http-only'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  const { tools } = await client.listTools();
  return {
    tools: tools.map(({ name }) => name),
    call: (name, args) => client.callTool({ name, arguments: args }),
    read: (uri) => client.readResource({ uri }),
    close: () => client.close(),
  };
}
