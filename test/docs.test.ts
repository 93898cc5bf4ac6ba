import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS } from '../src/cli/docs/documents.js';
import { PACKAGE_FOLDER } from '../src/version.js';
import { temporaryFolder } from './cli/run-cli.js';

const read = (path: string): Promise<string> => readFile(join(PACKAGE_FOLDER, path), 'utf8');

type ServerEntry = { command: string; args: string[]; env?: Record<string, string> };

describe('generated documents', () => {
  it.each(DOCUMENTS)('$path is up to date', async ({ path, render }) => {
    const current = await read(path);
    // The comparison itself, because a diff of the whole document would bury the advice.
    expect(current === (await render(current)), 'run `npm run generate`').toBe(true);
  });
});

describe('client configuration', () => {
  it('in mcp.json starts the server', async () => {
    const { mcpServers } = JSON.parse(await read('mcp.json')) as { mcpServers: Record<string, ServerEntry> };
    expect(Object.keys(mcpServers)).toEqual(['recollect']);
    expect(await toolsOf(mcpServers.recollect!)).toContain('save_turn');
  });

  it('in the README parses, and starts the server from a clone', async () => {
    const blocks = [...(await read('README.md')).matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json!));
    const entries = blocks.map((block) => (block.mcpServers ?? block.servers).recollect as ServerEntry);
    expect(entries).toHaveLength(2);
    for (const { command, args } of entries) {
      const here = args.map((arg) => arg.replace('/path/to/recollect', PACKAGE_FOLDER));
      expect(await toolsOf({ command, args: here })).toContain('save_turn');
    }
  });

  it('in the README for the shell names the same command', async () => {
    const readme = await read('README.md');
    const { mcpServers } = JSON.parse(await read('mcp.json')) as { mcpServers: Record<string, ServerEntry> };
    const { command, args } = mcpServers.recollect!;
    expect(readme).toContain(`claude mcp add --scope user recollect -- ${command} /path/to/recollect/${args.join(' ')}`);
    expect(readme).toContain('--config mcp.json --server recollect');
  });
});

describe('what the README names', () => {
  it('is there: scripts, files and sections', async () => {
    const readme = await read('README.md');
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(script);
    for (const [, path] of readme.matchAll(/\]\(((?!https?:)[^)#]+)/g)) expect(existsSync(join(PACKAGE_FOLDER, path!)), path).toBe(true);
  });

  it('every dependency has its reason', async () => {
    const decisions = await read('docs/decisions.md');
    const { dependencies, devDependencies } = JSON.parse(await read('package.json')) as Record<string, Record<string, string>>;
    const names = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@types/'));
    const said = decisions.toLowerCase();
    expect(names.filter((name) => !said.includes(name.replace('@biomejs/', '')))).toEqual([]);
  });
});

/** Starts the built program as a client would, and asks for its tools. */
async function toolsOf({ command, args, env }: ServerEntry): Promise<string[]> {
  await using folder = await temporaryFolder();
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StdioClientTransport({ command, args, cwd: PACKAGE_FOLDER, env: { ...env, RECOLLECT_DATA_DIR: folder.path } }));
  const { tools } = await client.listTools();
  await client.close();
  return tools.map(({ name }) => name);
}
