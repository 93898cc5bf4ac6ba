import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** The same server, another database. */
export const withDatabase = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;

export const newDatabaseName = (): string => `recollect_test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;

export const createDatabase = (url: string, name: string, template?: string): Promise<void> =>
  administer(url, `create database ${name}${template ? ` template ${template}` : ''}`);

export const dropDatabase = (url: string, name: string): Promise<void> => administer(url, `drop database if exists ${name} with (force)`);

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
