import { onAccount } from './on-account.js';

export default onAccount({
  name: 'delete',
  summary: 'remove an account; what is remembered of its person stays',
  details:
    'Removes an account, and every way in that its person had: programs that were let in, bearer keys, and being the active user of\n' +
    'stdio servers. Conversations and memories stay: recollect user erase removes those.',
  work: (store, named, app) => app.accounts.remove(store, named),
  tell: ({ username, user }) => `The account ${username} is gone. What is remembered of ${user} stays.`,
});
