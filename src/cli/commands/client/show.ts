import { defineCommand, flag } from '../../define.js';
import { columns } from '../../output.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { clientOperand, clientState, clientView } from './client-view.js';

export default defineCommand({
  name: 'show',
  summary: 'show a client: where its answers go, and which tenants it is signed in to',
  settings: STORAGE_SETTINGS,
  operand: clientOperand,
  options: { json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async (_, app) => {
      const { options, operand, output } = invocation;
      const client = await (await app.oauth.administration.register()).get(operand ?? '');
      if (options.json) {
        output.json(clientView(client));
        return 0;
      }
      const rows: [string, string][] = [
        ['client_id', client.externalId],
        ['name', client.name ?? '(no name)'],
        ['registered', client.createdAt.toISOString()],
        ['state', clientState(client)],
        ['proves itself', client.tokenEndpointAuthMethod === 'none' ? 'not: it has no secret' : client.tokenEndpointAuthMethod],
        ['may ask for', client.scopes.length === 0 ? 'what it likes' : client.scopes.join(' ')],
        ...client.redirectUris.map((uri): [string, string] => ['redirect URI', uri]),
        ...Object.entries(client.signIns).map(([tenant, count]): [string, string] => ['signed in to', `tenant ${tenant}: ${count}`]),
      ];
      for (const line of columns(rows, '')) output.line(line);
      return 0;
    }),
});
