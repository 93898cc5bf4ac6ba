import type { App } from '../../../app.js';
import type { AccountRecord } from '../../../repository/accounts/account-records.js';
import type { Store } from '../../../repository/store.js';
import { accountView } from '../../../services/accounts/account-view.js';
import { type Command, defineCommand, flag } from '../../define.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';

export const accountOperand = { name: 'account', description: 'its user name, e-mail address or id' } as const;

type Definition = Pick<Command, 'name' | 'summary' | 'details'> & {
  work(store: Store, named: string, app: App): Promise<AccountRecord>;
  /** What was done, in a sentence. */
  tell(account: AccountRecord): string;
};

/** A command that does one thing to one account and says so. */
export const onAccount = ({ work, tell, ...command }: Definition): Command =>
  defineCommand({
    ...command,
    settings: STORAGE_SETTINGS,
    operand: accountOperand,
    options: { tenant: tenantOption, json: flag('print JSON') },
    run: (invocation) =>
      withTenantStore(invocation, async (store, app) => {
        const { operand, options, output } = invocation;
        const account = await work(store, operand ?? '', app);
        if (options.json) output.json(accountView(account));
        else output.line(tell(account));
        return 0;
      }),
  });
