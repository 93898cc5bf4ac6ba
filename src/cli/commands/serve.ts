import { openApp } from '../../app.js';
import { serveStdio } from '../../transports/stdio.js';
import { VERSION } from '../../version.js';
import { defineCommand } from '../define.js';
import { ALL_SETTINGS } from '../program.js';
import { selfCommand } from '../self.js';

export default defineCommand({
  name: 'serve',
  summary: 'serve one MCP client over standard input and output',
  details:
    'Serves one MCP client over standard input and output, until its input ends.\n\n' +
    'Clients start this themselves. Several servers may use one data folder at the same time.\n' +
    'Each setting below is also an environment variable (--data-dir is RECOLLECT_DATA_DIR) and a key of the file that --config names (data_dir).',
  settings: ALL_SETTINGS,
  async run({ config: readConfig, output }) {
    const config = readConfig();
    if (process.stdin.isTTY)
      for (const line of greeting(config.databaseUrl === null ? config.dataDir : 'a PostgreSQL server')) output.note(line);
    const app = openApp(config);
    await serveStdio(app);
    return 0;
  },
});

/** A person who starts the server by hand sees nothing on stdout; this says what it waits for. */
function greeting(memory: string): string[] {
  const { command, args } = selfCommand('serve');
  return [
    `recollect ${VERSION}, an MCP server. It now waits for an MCP client on standard input; Ctrl-C ends it.`,
    `Memory is kept in ${memory}.`,
    '',
    'An assistant starts it by itself when its configuration says:',
    JSON.stringify({ mcpServers: { recollect: { command, args } } }, null, 2),
    '',
    'To see it work: recollect demo. To check this machine: recollect doctor.',
  ];
}
