import { TableCare } from '../repository/system/table-care.js';
import { defineJob } from './define.js';

export default defineJob({
  name: 'database_care',
  summary: 'analyzes tables of a PostgreSQL server whose statistics are out of date, and vacuums them where the server does not',
  setting: 'jobDatabaseCare',
  // The embedded engine looks after its tables itself, in moments when nobody waits for it.
  applies: ({ databaseUrl }) => databaseUrl !== null,

  async run({ db, signal }) {
    const care = new TableCare(db);
    const figures = { analyzed: 0, vacuumed: 0 };
    for (const { table, vacuum } of await care.needy()) {
      if (signal.aborted) break;
      if (vacuum) await care.vacuum(table);
      else await care.analyze(table);
      figures[vacuum ? 'vacuumed' : 'analyzed'] += 1;
    }
    return figures;
  },
});
