import { type DatabaseConfig, openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import type { RetentionPolicy } from '../../src/repository/retention/retention-policy.js';
import { storeFor } from '../support/store.js';
import { NOW, withPolicy } from './history.js';

// A program of its own: carries out retention in small batches and tells of each, until it is done or killed.
const [config = '', tenantId = '', policy = ''] = process.argv.slice(2);
const db = await openDatabase(JSON.parse(config) as DatabaseConfig, createLog('error'));
const retention = JSON.parse(policy) as RetentionPolicy;
const store = await storeFor(db, { tenantId, role: 'system', clock: () => NOW, policy: withPolicy(retention) });
await store.retention.runRetention({ batchSize: 4, progress: () => process.send?.('batch') });
await db.close();
process.disconnect();
