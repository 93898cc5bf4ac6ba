import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { citusWorkers, joinCluster } from './citus.js';

/** The same server, another database. */
export const withDatabase = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;

export const newDatabaseName = (): string => `recollect_test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;

/** On a Citus cluster it is one on each of its servers. */
export async function createDatabase(url: string, name: string, template?: string): Promise<void> {
  const workers = citusWorkers();
  for (const server of [url, ...workers]) await administer(server, `create database ${name}${template ? ` template ${template}` : ''}`);
  const named = (server: string): string => withDatabase(server, name);
  if (workers.length > 0 && !template) await joinCluster(named(url), workers.map(named));
}

export async function dropDatabase(url: string, name: string): Promise<void> {
  for (const server of [url, ...citusWorkers()]) await administer(server, `drop database if exists ${name} with (force)`);
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
