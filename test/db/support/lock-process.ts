import { type DatabaseConfig, openDatabase } from '../../../src/db/open.js';
import { createLog } from '../../../src/log.js';

// A program of its own: takes a job lock, says whether it has it, and keeps it until it is killed.
const [config = '', name = ''] = process.argv.slice(2);
const db = await openDatabase(JSON.parse(config) as DatabaseConfig, createLog('error'));
process.send?.((await db.tryLock(name)) !== null);
setInterval(() => undefined, 60_000);
