import { onAccount } from './on-account.js';

export default onAccount({
  name: 'activate',
  summary: 'have stdio servers act for the person of an account',
  details:
    'Stdio servers of the tenant then act for this person alone, running ones within seconds; those that are configured with a user of\n' +
    'their own or with the role admin do as they did. It ends with recollect user deactivate, or when the account goes or is disabled.',
  async work(store, named) {
    const account = await store.accounts.get(named);
    await store.activeUser.set(account.user);
    return account;
  },
  tell: ({ username, user }) => `Stdio servers act for ${user} now, the person of the account ${username}.`,
});
