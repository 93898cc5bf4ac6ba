import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { copyTemplate } from '../support/copy-template.js';
import { programCommand } from '../support/program.js';

export type Answer = { isError: boolean; text: string; data: Record<string, unknown> };

/** A server in a process of its own, and a client of it as a host would have. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  /** What a tool answers, be it an error; rejects only when the server is gone. */
  ask(tool: string, args?: Record<string, unknown>): Promise<Answer>;
  /** The structured answer of a tool that must not fail. */
  call<T>(tool: string, args?: Record<string, unknown>): Promise<T>;
  /** SIGKILL: the process gets no chance to do anything more. Resolves when the client has noticed. */
  kill(): Promise<void>;
}

export async function startServer(env: Record<string, string>): Promise<Server> {
  const transport = new StdioClientTransport({
    ...programCommand('serve'),
    env: { PATH: process.env.PATH ?? '', RECOLLECT_TOOLSETS: 'all', RECOLLECT_LOG_LEVEL: 'error', ...env },
    stderr: 'inherit',
  });
  const client = new Client({ name: 'acceptance', version: '1' });
  await client.connect(transport);
  const gone = new Promise<void>((resolve) => {
    client.onclose = resolve;
  });
  const pid = transport.pid;
  if (pid === null) throw new Error('The server has no process.');
  const ask = async (tool: string, args: Record<string, unknown> = {}): Promise<Answer> => {
    const result = await client.callTool({ name: tool, arguments: args });
    const content = result.content as { text?: string }[];
    return {
      isError: result.isError === true,
      text: content.map((part) => part.text ?? '').join('\n'),
      data: (result.structuredContent ?? {}) as Record<string, unknown>,
    };
  };
  return {
    pid,
    ask,
    async call<T>(tool: string, args?: Record<string, unknown>) {
      const { isError, text, data } = await ask(tool, args);
      if (isError) throw new Error(`${tool}: ${text}`);
      return data as T;
    },
    async kill() {
      process.kill(pid, 'SIGKILL');
      await gone;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** A folder for an embedded database, with the schema in it, and the setting that names it. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string;
  readonly env: { RECOLLECT_DATA_DIR: string };
}

export async function createDataFolder(): Promise<DataFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'recollect-acceptance-'));
  const path = join(folder, 'data');
  copyTemplate(path);
  return { path, env: { RECOLLECT_DATA_DIR: path }, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** How often, or how much: a small number for every day, more through the environment. */
export const amount = (name: string, standard: number): number => Number(process.env[`RECOLLECT_ACCEPTANCE_${name}`] ?? standard);

/** Servers that end together. */
export async function startServers(count: number, env: Record<string, string>): Promise<Server[] & AsyncDisposable> {
  const servers = await Promise.all(Array.from({ length: count }, () => startServer(env)));
  return Object.assign(servers, {
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))),
  });
}
