import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createDatabase, dropDatabase, newDatabaseName, withDatabase } from './databases.js';

/** A new, empty database of a login that is no superuser, as production has it, with names of roles that are nobody else's. */
export interface OwnedDatabase extends AsyncDisposable {
  /** Address for the owner. */
  readonly url: string;
  /** The same database for a superuser. */
  readonly adminUrl: string;
  readonly owner: string;
  /** Name for a role that tenants are served under; it is not there yet. */
  readonly tenantRole: string;
  admin(...statements: string[]): Promise<void>;
}

export async function createOwnedDatabase(serverUrl: string, { createRole }: { createRole: boolean }): Promise<OwnedDatabase> {
  const name = newDatabaseName();
  const own = randomUUID().slice(0, 8);
  const [owner, tenantRole] = [`owner_${own}`, `tenants_${own}`];
  await createDatabase(serverUrl, name);
  const adminUrl = withDatabase(serverUrl, name);
  const admin = async (...statements: string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await admin(
    `create role ${owner} login password 'own' ${createRole ? 'createrole' : ''}`,
    `alter database ${name} owner to ${owner}`,
    `alter schema public owner to ${owner}`,
  );
  const url = Object.assign(new URL(adminUrl), { username: owner, password: 'own' }).href;
  return {
    url,
    adminUrl,
    owner,
    tenantRole,
    admin,
    async [Symbol.asyncDispose]() {
      await dropDatabase(serverUrl, name);
      const client = new pg.Client({ connectionString: serverUrl });
      await client.connect();
      await client.query(`drop role if exists ${tenantRole}`);
      await client.query(`drop role if exists ${owner}`);
      await client.end();
    },
  };
}
