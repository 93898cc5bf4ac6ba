import { onAccount } from './on-account.js';

export default onAccount({
  name: 'unlock',
  summary: 'let an account sign in again that too many wrong passwords locked out',
  work: (store, named) => store.accounts.unlock(named),
  tell: ({ username }) => `The account ${username} can sign in.`,
});
