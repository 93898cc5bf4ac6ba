import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { accountOperand } from './on-account.js';

export default defineCommand({
  name: 'reset',
  summary: 'print a token with which somebody may choose a new password, once',
  details:
    'Prints a token to hand to whoever forgot the password. It is good once, for an hour by default, and ends any token before it.\n' +
    'recollect user redeem takes it. The password before stays good until then.',
  settings: [...STORAGE_SETTINGS],
  operand: accountOperand,
  options: { tenant: tenantOption, json: flag('print JSON, the token in it') },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, operand = '', output } = invocation;
      const { token, expiresAt, account } = await app.accounts.startReset(store, operand);
      if (options.json) output.json({ token, username: account.username, expires_at: expiresAt.toISOString() });
      else output.line(token);
      output.note(`This token is shown once. It is good for the account ${account.username} until ${expiresAt.toISOString()}.`);
      return 0;
    }),
});
