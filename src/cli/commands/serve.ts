import { openApp } from '../../app.js';
import type { Config } from '../../config.js';
import type { HttpServer } from '../../transports/http/http-server.js';
import { serveStdio } from '../../transports/stdio.js';
import { VERSION } from '../../version.js';
import { defineCommand } from '../define.js';
import type { Output } from '../output.js';
import { ALL_SETTINGS } from '../program.js';
import { selfCommand } from '../self.js';

export default defineCommand({
  name: 'serve',
  summary: 'serve one MCP client over standard input and output, or many over HTTP',
  details:
    'Serves one MCP client over standard input and output, until its input ends.\n\n' +
    'With --http it serves many clients at http://127.0.0.1:3000/mcp instead, until Ctrl-C. They sign in, or send a key that\n' +
    '`recollect token create` made; docs/http.md tells how to put it on a network.\n\n' +
    'Clients start it themselves for standard input and output. Several servers may use one data folder at the same time.\n' +
    'Each setting below is also an environment variable (--data-dir is RECOLLECT_DATA_DIR) and a key of the file that --config names (data_dir).',
  settings: ALL_SETTINGS,
  async run({ config: readConfig, output }) {
    const config = readConfig();
    if (config.http) await overHttp(config, output);
    else {
      if (process.stdin.isTTY) for (const line of greeting(memoryOf(config))) output.note(line);
      const app = openApp(config);
      app.jobs.serve();
      await serveStdio(app);
    }
    return 0;
  },
});

const memoryOf = ({ databaseUrl, dataDir }: Config): string => (databaseUrl === null ? dataDir : 'a PostgreSQL server');

/** What HTTP takes is loaded here, so that a client over standard input and output does not wait for it. */
async function overHttp(config: Config, output: Output): Promise<void> {
  const [{ Metrics }, { serveHttp }, { oauthRouter }] = await Promise.all([
    import('../../metrics.js'),
    import('../../transports/http/serve-http.js'),
    import('../../transports/http/oauth/router.js'),
  ]);
  const metrics = config.metrics === 'off' ? undefined : new Metrics();
  const app = openApp(config, undefined, metrics);
  app.jobs.serve();
  const pages = (publicUrl: string) => oauthRouter(app, { publicUrl });
  const serving = config.auth ? { authenticator: app.authenticator, pages } : { authenticator: null };
  await serveHttp(app, serving, (server) => {
    for (const line of httpGreeting(config, server)) output.note(line);
  });
}

function httpGreeting(config: Config, { url, publicUrl }: HttpServer): string[] {
  const address = `${publicUrl}/mcp`;
  const anywhere = config.host === '0.0.0.0' || config.host === '::';
  return [
    `recollect ${VERSION} serves MCP clients at ${address}${publicUrl === url ? '' : ` (listening at ${url})`}. Ctrl-C ends it.`,
    `Memory is kept in ${memoryOf(config)}.`,
    ...(config.auth
      ? [
          '',
          'Clients that can sign in do so by themselves. For others make a key:',
          `  recollect token create --tenant ${config.tenant} --name my-agent`,
          'and configure them with it:',
          JSON.stringify({ mcpServers: { recollect: { type: 'http', url: address, headers: { Authorization: 'Bearer KEY' } } } }, null, 2),
        ]
      : [
          '',
          `*** SIGN-IN IS OFF: every program on this machine reads and writes everything of tenant ${config.tenant}${config.user === null ? '' : ` and user ${config.user}`}. ***`,
          '',
          JSON.stringify({ mcpServers: { recollect: { type: 'http', url: address } } }, null, 2),
        ]),
    ...(anywhere && config.publicUrl === null
      ? ['', 'Other machines can reach it, but clients there cannot sign in until RECOLLECT_PUBLIC_URL says under which address.']
      : []),
  ];
}

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
