import { defineConfig } from 'vitest/config';

// The PostgreSQL server of the tests comes with an exit hook that ends an idle process with 0, failed tests or not. This
// listener is there before it.
process.on('beforeExit', (code) => {
  if (code !== 0) process.exit(code);
});

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/watch-transactions.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // The engine runs in a worker thread, which inherits these: the sources are TypeScript, and Node 20 does not read it.
    execArgv: ['--import', 'tsx'],
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
