import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Database } from '../../../src/db/database.js';
import { socketTo } from '../../../src/db/embedded/socket-path.js';
import { type DatabaseConfig, openDatabase } from '../../../src/db/open.js';
import { PooledDatabase } from '../../../src/db/pooled-database.js';
import { CuttingProxy } from './cutting-proxy.js';
import { emptyFolder, quiet } from './folder.js';

/** The database of `direct`, once more, through a proxy that can cut its connections. */
export async function behindProxy(direct: Database, config: DatabaseConfig): Promise<{ proxied: Database; proxy: CuttingProxy }> {
  const proxy = new CuttingProxy();
  const proxied = config.url === null ? await ofFolder(direct, proxy) : await ofServer(new URL(config.url), config, proxy);
  onTestFinished(() => proxied.close());
  return { proxied, proxy };
}

async function ofFolder(direct: Database, proxy: CuttingProxy): Promise<Database> {
  const path = join(await emptyFolder(), 'proxy');
  const { details } = await direct.describe();
  await proxy.listen({ path }, { path: String(details.socket) });
  const client = { user: 'postgres', database: 'postgres', stream: () => socketTo(() => path) };
  return new PooledDatabase(
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
}

async function ofServer(url: URL, config: DatabaseConfig, proxy: CuttingProxy): Promise<Database> {
  const port = await proxy.listen({ port: 0 }, { host: url.hostname, port: Number(url.port) });
  return openDatabase({ ...config, url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href }, quiet);
}
