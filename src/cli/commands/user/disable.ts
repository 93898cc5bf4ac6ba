import { onAccount } from './on-account.js';

export default onAccount({
  name: 'disable',
  summary: 'keep an account from signing in, and stop the keys of its person',
  details:
    'Keeps an account from signing in. Programs it let in are out at once; bearer keys of its person do not work until it is enabled.',
  work: (store, named, app) => app.accounts.setDisabled(store, named, true),
  tell: ({ username }) => `The account ${username} is disabled.`,
});
