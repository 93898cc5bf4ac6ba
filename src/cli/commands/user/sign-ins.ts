import { defineCommand, flag, value } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { signInView } from './sign-in-view.js';

export default defineCommand({
  name: 'sign-ins',
  summary: 'list the programs that people let in by signing in, newest first',
  details: 'Lists the sign-ins of OAuth clients that are in force: who signed in with which program, and what it may do.',
  settings: STORAGE_SETTINGS,
  options: {
    tenant: tenantOption,
    account: value('account', 'only those of an account: user name, e-mail address or id'),
    client: value('client', 'only those with a client: client_id, row id or name'),
    json: flag('print JSON'),
  },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, output } = invocation;
      const signIns = await app.oauth.administration.signIns(store, options);
      if (options.json) output.json(signIns.map(signInView));
      else if (signIns.length === 0) output.note('Nobody is signed in with a program.');
      else
        for (const signIn of signIns) {
          output.line(`${signIn.id}  ${output.style('bold', signIn.username)}  ${signIn.clientName ?? signIn.clientId}`);
          output.line(
            `  ${signIn.role}, signed in ${signIn.signedInAt.toISOString()}, renewed ${signIn.renewedAt.toISOString()}, ` +
              `until ${signIn.expiresAt.toISOString()}; ${signIn.scopes.join(' ')}`,
          );
        }
      return 0;
    }),
});
