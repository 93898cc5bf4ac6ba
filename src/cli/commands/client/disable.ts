import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS } from '../../tenant-store.js';
import { withDatabase } from '../../with-database.js';
import { clientOperand, clientView, describeSignIns } from './client-view.js';

export default defineCommand({
  name: 'disable',
  summary: 'let nobody in with a client any more, in any tenant',
  details:
    'Ends every sign-in with a client, for good, and takes no other until it is enabled. Servers that run hear of it at once, and in any\n' +
    'case within five seconds. A program that registers by itself can register anew, under another client_id; one whose client_id is the\n' +
    'address of a document cannot.',
  settings: STORAGE_SETTINGS,
  operand: clientOperand,
  options: { json: flag('print JSON') },
  run: (invocation) =>
    withDatabase(invocation, async (_, app) => {
      const { options, operand, output } = invocation;
      const { administration } = app.oauth;
      const before = await administration.disable(operand ?? '');
      if (options.json) output.json(clientView(await (await administration.register()).get(before.id)));
      else output.line(`The client ${before.externalId} is disabled; it had ${describeSignIns(before.signIns)}.`);
      return 0;
    }),
});
