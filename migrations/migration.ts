/** Runs one DDL statement in the migration's transaction; Citus refuses several in one query. */
export type Sql = (statement: string) => Promise<void>;

/** One step of the schema. Append-only once released: a later step corrects an earlier one. */
export type Migration = Readonly<{
  name: string;
  up(sql: Sql): Promise<void>;
  down(sql: Sql): Promise<void>;
}>;
