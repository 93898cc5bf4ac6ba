/** Runs one DDL statement in the migration's transaction; Citus refuses several in one query. */
export type Sql = (statement: string) => Promise<void>;

/**
 * One step of the schema. Append-only once released: a later step corrects an earlier one.
 *
 * A step only adds, because a program one version older may be running on the same database and goes on writing: new columns
 * have defaults, new rules hold for what it writes. What nobody needs any more is dropped a release after its last use.
 * A new table of tenants is made by `createTenantTable`, which knows where it belongs when tenants are on several servers.
 */
export type Migration = Readonly<{
  name: string;
  up(sql: Sql): Promise<void>;
  down(sql: Sql): Promise<void>;
}>;
