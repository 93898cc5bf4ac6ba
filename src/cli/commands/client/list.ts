import { readToEnd } from '../../../repository/page.js';
import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { clientState, clientView } from './client-view.js';

export default defineCommand({
  name: 'list',
  summary: 'list clients, newest first, and how many sign-ins of each are in force',
  details:
    'Lists the programs that people of any tenant signed in with. A program registers before anybody signs in, so there may be more:\n' +
    '--all shows those too.',
  settings: STORAGE_SETTINGS,
  options: { all: flag('registrations that nobody signed in with, too'), json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async (_, app) => {
      const { options, output } = invocation;
      const register = await app.oauth.administration.register();
      const clients = await readToEnd((page) => register.list({ unused: options.all }, page));
      if (options.json) output.json(clients.map(clientView));
      else if (clients.length === 0) output.note(options.all ? 'No client has registered.' : 'Nobody has signed in with a client.');
      else
        for (const client of clients) {
          output.line(`${client.externalId}  ${output.style('bold', client.name ?? '(no name)')}`);
          output.line(`  registered ${client.createdAt.toISOString()}, ${clientState(client)}; ${client.redirectUris.join(' ')}`);
        }
      return 0;
    }),
});
