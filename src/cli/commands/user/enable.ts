import { onAccount } from './on-account.js';

export default onAccount({
  name: 'enable',
  summary: 'let a disabled account sign in again',
  work: (store, named, app) => app.accounts.setDisabled(store, named, false),
  tell: ({ username }) => `The account ${username} is enabled.`,
});
