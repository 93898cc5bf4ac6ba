import { defineResource } from '../define.js';

export default defineResource({
  name: 'schema',
  title: 'Database schema',
  description: 'Tables and columns of the database, for people who look into it.',
  uriTemplate: 'memory://schema',
  mimeType: 'application/json',
  scope: 'conversations:read',

  async read(_, { store }) {
    const tables = await store.schema.tables();
    // Compact on purpose: some twenty tables have to fit an answer.
    const columns = tables.map((table) => [
      table.name,
      Object.fromEntries(table.columns.map(({ name, type, nullable }) => [name, nullable ? `${type}?` : type])),
    ]);
    return {
      mimeType: 'application/json',
      text: JSON.stringify({ tables: Object.fromEntries(columns), note: 'A ? marks a column that may be null.' }),
    };
  },
});
