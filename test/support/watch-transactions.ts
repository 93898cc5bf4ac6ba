import { watchTransactions } from '../../src/db/transaction-scope.js';

// Before any database is opened, whatever the version of Node.
watchTransactions();
