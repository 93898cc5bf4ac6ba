import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { Database } from '../../src/db/database.js';
import { socketTo } from '../../src/db/embedded/socket-path.js';
import { openDatabase } from '../../src/db/open.js';
import { PooledDatabase } from '../../src/db/pooled-database.js';
import { CuttingProxy } from './support/cutting-proxy.js';
import { configOf, emptyFolder, freshFolder, openFolder, quiet, run } from './support/folder.js';

type Fixture = { direct: Database; proxied: Database; proxy: CuttingProxy };

const embedded = async (): Promise<Fixture> => {
  const direct = await openFolder(await freshFolder());
  const { details } = await direct.describe();
  const path = join(await emptyFolder(), 'proxy');
  const proxy = new CuttingProxy();
  await proxy.listen({ path }, { path: String(details.socket) });
  const client = { user: 'postgres', database: 'postgres', stream: () => socketTo(() => path) };
  const proxied = new PooledDatabase(
    {
      connection: { client, poolMax: 2, logSql: false, settings: 'preset' },
      concurrentTransactions: false,
      serverMajor: 18,
      tryLock: async () => null,
      describe: () => direct.describe(),
      close: async () => undefined,
    },
    quiet,
  );
  return { direct, proxied, proxy };
};

const postgres = async (): Promise<Fixture> => {
  const url = new URL(inject('postgres')!.url);
  const direct = await openDatabase(configOf('', { url: url.href }), quiet);
  const proxy = new CuttingProxy();
  const port = await proxy.listen({ port: 0 }, { host: url.hostname, port: Number(url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { direct, proxied: await openDatabase(configOf('', { url: url.href }), quiet), proxy };
};

describe.for([
  ['embedded', embedded],
  ['postgres', postgres],
] as const)('%s', ([name, open]) => {
  test.skipIf(name === 'postgres' && !inject('postgres')).for([
    // [where it is cut, runs of the work, commits sent]
    [[], 1, 1],
    [['after commit was answered'], 1, 1],
    [['before commit arrives'], 2, 2],
    [['before commit arrives', 'after commit was answered'], 2, 2],
    [['before commit arrives', 'before commit arrives'], 3, 3],
  ] as const)('a transaction cut %j takes effect once', async ([cuts, runs, commits]) => {
    const { direct, proxied, proxy } = await open();
    try {
      await run(direct, 'create table if not exists cuts (id int)');
      await run(direct, 'truncate cuts');
      proxy.cuts.push(...cuts);
      let attempts = 0;
      const insert = { name: 'insert_cut', text: 'insert into cuts values ($1)' };
      const result = await proxied.transaction(async (transaction) => {
        attempts += 1;
        await proxied.query(insert, [attempts], transaction);
        return attempts;
      });
      expect(await run(direct, 'select id from cuts')).toEqual([{ id: runs }]);
      expect({ result, attempts, commits: proxy.commits }).toEqual({ result: runs, attempts: runs, commits });

      // One that wrote nothing is not looked up: cut anywhere, it has its result.
      proxy.cuts.push('before commit arrives');
      expect(
        await proxied.transaction(async (transaction) => proxied.query({ name: 'read', text: 'select 1 as n' }, [], transaction)),
      ).toEqual([{ n: 1 }]);
    } finally {
      await run(direct, 'drop table if exists cuts');
      await proxied.close();
      await direct.close();
    }
  });
});
