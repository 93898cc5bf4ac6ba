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
    // A worker takes one file after the other with the sources already loaded, which was a quarter of the time. Files share
    // no data all the same: each has databases of its own.
    isolate: false,
    // The sources are TypeScript, and Node 20 does not read it. Each suite opens an engine for seconds: optimising it took longer.
    execArgv: ['--import', 'tsx', '--liftoff-only'],
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
