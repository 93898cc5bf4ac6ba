import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BIN = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.bin', 'mcp-inspector');
const run = promisify(execFile);

/** Calls the server by the inspector's command line, which connects anew for each. */
export async function connect(target) {
  const place = target.url
    ? [target.url, '--transport', 'http', '--header', `Authorization: Bearer ${target.key}`]
    : [...Object.entries(target.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]), target.command, ...target.args];
  const ask = async (...options) => {
    const { stdout } = await run(process.execPath, [BIN, '--cli', ...place, '--method', ...options], { maxBuffer: 2 ** 24 });
    return JSON.parse(stdout);
  };
  const { tools } = await ask('tools/list');
  return {
    tools: tools.map(({ name }) => name),
    call: (name, args) =>
      ask(
        'tools/call',
        '--tool-name',
        name,
        ...Object.entries(args).flatMap(([key, value]) => [
          '--tool-arg',
          `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
        ]),
      ),
    read: (uri) => ask('resources/read', '--uri', uri),
    close: async () => {},
  };
}
