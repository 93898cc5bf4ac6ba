import { invalidInput } from '../../../errors.js';
import { defineCommand, flag } from '../../define.js';
import { readNewPassword } from '../../read-password.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';
import { generatePassword } from './generate-password.js';
import { accountOperand } from './on-account.js';

export default defineCommand({
  name: 'passwd',
  summary: 'set the password of an account',
  details: 'Sets the password of an account. Programs that were let in with the old one have to sign in again; bearer keys stay.',
  settings: STORAGE_SETTINGS,
  operand: accountOperand,
  options: {
    tenant: tenantOption,
    passwordStdin: flag('read the password from standard input'),
    generate: flag('make a password up and print it, this once'),
  },
  async run(invocation) {
    const { options, operand = '', output } = invocation;
    if (options.generate && options.passwordStdin) throw invalidInput('--generate and --password-stdin cannot be combined.');
    const password = options.generate ? generatePassword() : await readNewPassword(options.passwordStdin);
    return withTenantStore(invocation, async (store, app) => {
      const account = await app.accounts.setPassword(store, operand, password);
      if (options.generate) output.line(password);
      output.note(`The account ${account.username} has a new password.${options.generate ? ' It is shown once.' : ''}`);
      return 0;
    });
  },
});
