import { describe, expect, inject, test } from 'vitest';
import type { Database } from '../../src/db/database.js';
import { openDatabase } from '../../src/db/open.js';
import { behindProxy } from './support/cut-connection.js';
import type { CuttingProxy } from './support/cutting-proxy.js';
import { configOf, freshFolder, openFolder, quiet, run } from './support/folder.js';

type Fixture = { direct: Database; proxied: Database; proxy: CuttingProxy };

const embedded = async (): Promise<Fixture> => {
  const config = configOf(await freshFolder());
  const direct = await openFolder(config.dataDir);
  return { direct, ...(await behindProxy(direct, config)) };
};

const postgres = async (): Promise<Fixture> => {
  const config = configOf('', { url: inject('postgres')!.url });
  const direct = await openDatabase(config, quiet);
  return { direct, ...(await behindProxy(direct, config)) };
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
