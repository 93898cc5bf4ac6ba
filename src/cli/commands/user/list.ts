import { readToEnd } from '../../../repository/page.js';
import { accountState, accountView } from '../../../services/accounts/account-view.js';
import { defineCommand, flag, value } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';

export default defineCommand({
  name: 'list',
  summary: 'list the accounts of a tenant',
  settings: STORAGE_SETTINGS,
  options: { tenant: tenantOption, query: value('text', 'only those with this in a name or address'), json: flag('print JSON') },
  run: (invocation) =>
    withTenantStore(invocation, async (store, app) => {
      const { options, output } = invocation;
      const accounts = await readToEnd((page) => store.accounts.list({ query: options.query }, page));
      const active = await store.activeUser.get();
      if (options.json) output.json(accounts.map((account) => ({ ...accountView(account), active: account.user === active })));
      else if (accounts.length === 0) output.note('There is no account. recollect user create makes one.');
      else
        for (const account of accounts) {
          output.line(
            `${output.style('bold', account.username)}  ${account.role}, ${accountState(account, app.clock())}` +
              `${account.email === null ? '' : `, ${account.email}`}${account.user === account.username ? '' : `, for ${account.user}`}` +
              `${account.user === active ? ', active on stdio servers' : ''}`,
          );
        }
      return 0;
    }),
});
