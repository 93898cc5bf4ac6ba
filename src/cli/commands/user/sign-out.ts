import { defineCommand, flag, value } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { signInView } from './sign-in-view.js';

export default defineCommand({
  name: 'sign-out',
  summary: 'end sign-ins: the one with an id, or those of an account',
  details:
    'Ends what a program was let in with, at once. The account stays as it is, and may sign in with the program again: to prevent that\n' +
    'there are recollect user disable and recollect client disable.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'who', description: 'id of a sign-in, or user name, e-mail address or id of an account' },
  options: {
    tenant: tenantOption,
    client: value('client', 'of an account only those with a client: client_id, row id or name'),
    json: flag('print JSON'),
  },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, operand, output } = invocation;
      const ended = await app.oauth.administration.signOut(store, operand ?? '', options.client);
      if (options.json) output.json(ended.map(signInView));
      else
        for (const { username, clientName, clientId, id } of ended)
          output.line(`Signed ${username} out of ${clientName ?? clientId} (${id}).`);
      return 0;
    }),
});
