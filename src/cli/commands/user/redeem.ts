import { invalidInput } from '../../../errors.js';
import { defineCommand, flag } from '../../define.js';
import { askHidden, atTerminal, linesFromStdin, readNewPassword } from '../../read-password.js';
import { STORAGE_SETTINGS, tenantOption, withTenantStore } from '../../tenant-store.js';

export default defineCommand({
  name: 'redeem',
  summary: 'choose a new password with a token of recollect user reset',
  details:
    'Asks for the token and the new password at the terminal, or reads them from standard input, a line each. A lock on the account is\n' +
    'lifted, and programs that were let in with the old password have to sign in again.',
  settings: STORAGE_SETTINGS,
  options: { tenant: tenantOption, stdin: flag('read the token and the password from standard input, a line each') },
  async run(invocation) {
    const { options, output } = invocation;
    const { token, password } = options.stdin ? await piped() : await asked();
    return withTenantStore(invocation, async (store, app) => {
      const { username } = await app.accounts.finishReset(store, token.trim(), password);
      output.note(`The account ${username} has a new password.`);
      return 0;
    });
  },
});

async function piped(): Promise<{ token: string; password: string }> {
  const [token, password, ...rest] = await linesFromStdin();
  if (token && password && rest.length === 0) return { token, password };
  throw invalidInput('Standard input has to hold the token on one line and the password on the next.');
}

async function asked(): Promise<{ token: string; password: string }> {
  if (!atTerminal()) throw invalidInput('There is no terminal to ask at.', 'Pipe the token and the password in with --stdin.');
  return { token: await askHidden('Token: '), password: await readNewPassword(false) };
}
