import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { clientOperand, clientView } from './client-view.js';

export default defineCommand({
  name: 'enable',
  summary: 'let people sign in with a client again',
  settings: STORAGE_SETTINGS,
  operand: clientOperand,
  options: { json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async (_, app) => {
      const { options, operand, output } = invocation;
      const client = await app.oauth.administration.enable(operand ?? '');
      if (options.json) output.json(clientView(client));
      else output.line(`The client ${client.externalId} is enabled: people sign in with it anew.`);
      return 0;
    }),
});
