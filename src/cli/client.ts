import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { z } from 'zod';
import { AppError } from '../errors.js';
import { VERSION } from '../version.js';
import { selfCommand } from './self.js';

/** A server of this very program in a child process, and a real MCP client that talks to it. */
export interface ServerProcess extends AsyncDisposable {
  readonly client: Client;
  /** Calls a tool and reads its structured answer; an error answer is thrown. */
  call<T>(tool: string, input: Record<string, unknown>, output: z.ZodType<T>): Promise<T>;
}

/** Starts `recollect serve` with `env` on top of a bare environment and shakes hands with it. */
export async function startServer(env: Record<string, string>): Promise<ServerProcess> {
  const transport = new StdioClientTransport({ ...selfCommand('serve', '--no-http'), env, stderr: 'inherit' });
  const client = new Client({ name: 'recollect-cli', version: VERSION });
  await client.connect(transport);
  return {
    client,
    async call(tool, input, output) {
      const result = await client.callTool({ name: tool, arguments: input });
      if (result.isError) {
        const text = (result.content as { text?: string }[]).map((part) => part.text).join('\n');
        throw new AppError('internal', `${tool} answered with an error: ${text}`);
      }
      return output.parse(result.structuredContent);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
