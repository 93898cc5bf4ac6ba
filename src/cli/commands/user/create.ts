import { invalidInput } from '../../../errors.js';
import { ACCOUNT_ROLES } from '../../../repository/accounts/account-records.js';
import { accountView } from '../../../services/accounts/account-view.js';
import { defineCommand, flag, value } from '../../define.js';
import { readNewPassword } from '../../read-password.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { generatePassword } from './generate-password.js';

export default defineCommand({
  name: 'create',
  summary: 'make an account to sign in with',
  details:
    'Makes an account for the sign-in page of the HTTP server. The password is asked for at the terminal, read from standard input, or\n' +
    'made up and printed; it is never an argument. An account with the role user acts for its person alone: the one that agents know\n' +
    'by --user, or by the user name.',
  settings: STORAGE_SETTINGS,
  operand: { name: 'username', description: '1 to 100 letters, digits, ".", "_" and "-"' },
  options: {
    tenant: tenantOption,
    email: value('address', 'to sign in with instead of the user name'),
    role: value(ACCOUNT_ROLES.join('|'), 'what whoever signs in may do. Default: user'),
    user: value('id', 'external id of the person whose account it is. Default: the user name'),
    displayName: value('text', 'how the person is called'),
    passwordStdin: flag('read the password from standard input'),
    generate: flag('make a password up and print it, this once'),
    json: flag('print JSON'),
  },
  async run(invocation) {
    const { options, operand = '', output } = invocation;
    const { email, user, displayName, generate } = options;
    const role = ACCOUNT_ROLES.find((known) => known === options.role);
    if (options.role !== undefined && !role)
      throw invalidInput(`--role is ${JSON.stringify(options.role)}; allowed is ${ACCOUNT_ROLES.join(', ')}.`);
    if (generate && options.passwordStdin) throw invalidInput('--generate and --password-stdin cannot be combined.');
    const password = generate ? generatePassword() : await readNewPassword(options.passwordStdin);
    return withTenantStore(invocation, async (store, app) => {
      const account = await app.accounts.create(store, { username: operand, password, email, role, user, displayName });
      if (options.json) output.json({ ...accountView(account), ...(generate && { password }) });
      else if (generate) output.line(password);
      output.note(`Made the account ${account.username} in tenant ${store.principal.tenantId}, with the role ${account.role}.`);
      if (generate) output.note('Its password is shown once.');
      return 0;
    });
  },
});
