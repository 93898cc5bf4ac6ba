import type { Statement } from '../../db/database.js';

/** Which transactions have ended by now. */
export const readPresent: Statement = { name: 'read_present', text: 'select pg_current_snapshot()::text as present' };

/** The snapshot in the parameter `given`, see `presentOf`, or that of the statement itself. */
export const presentOr = (given: string): string => `coalesce(${given}::pg_snapshot, pg_current_snapshot())`;
