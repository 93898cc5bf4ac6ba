import { resetLink } from '../../../transports/http/oauth/reset-link.js';
import { defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { accountOperand } from './on-account.js';

export default defineCommand({
  name: 'reset',
  summary: 'print a token with which somebody may choose a new password, once',
  details:
    'Prints a token to hand to whoever forgot the password. It is good once, for an hour by default, and ends any token before it.\n' +
    'recollect user redeem takes it. The password before stays good until then. Where the address of the HTTP server is configured\n' +
    '(RECOLLECT_PUBLIC_URL), a second line is a link to a page of it that takes the token.',
  settings: [...STORAGE_SETTINGS],
  operand: accountOperand,
  options: { tenant: tenantOption, json: flag('print JSON, the token in it') },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, operand = '', output } = invocation;
      const { token, expiresAt, account } = await app.accounts.startReset(store, operand);
      const link = resetLink(app.config.publicUrl, store.principal.tenantId, token);
      if (options.json) output.json({ token, ...(link && { link }), username: account.username, expires_at: expiresAt.toISOString() });
      else for (const line of link ? [token, link] : [token]) output.line(line);
      output.note(`This token is shown once. It is good for the account ${account.username} until ${expiresAt.toISOString()}.`);
      return 0;
    }),
});
