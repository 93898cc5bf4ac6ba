import { migrateUp } from '../../src/db/migrate.js';
import { type DatabaseConfig, openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';

// A program of its own: opens the database it is given, waits for the word, migrates, and says which migrations it applied.
const db = await openDatabase(JSON.parse(process.argv[2] ?? '') as DatabaseConfig, createLog('error'));
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
const applied = await migrateUp(db);
await db.close();
process.send?.(applied, () => process.disconnect());
