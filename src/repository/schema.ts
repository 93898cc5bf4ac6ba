import { Repository } from './context.js';
import { describeSchema } from './sql/describe-schema.js';

export type TableDescription = { name: string; columns: { name: string; type: string; nullable: boolean }[] };

/** How the data is laid out, for people who look into it: the same for every tenant, and nothing of what is stored. */
export class SchemaRepository extends Repository {
  tables(): Promise<TableDescription[]> {
    return this.context.db.query<TableDescription>(describeSchema, [], this.context.transaction);
  }
}
