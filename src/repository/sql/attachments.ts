import type { Statement } from '../../db/database.js';

/**
 * Removes what hung on messages ($2) that this transaction has removed. No foreign key sees to it: the database would look into
 * each of these tables for each message, which took as long as all the rest of removing it. So whoever attaches something locks
 * the message (`for key share`) in the statement that does, and whoever removes messages says this afterwards: one of the two waits
 * for the other and then sees what it did. Conversations take along what is left by their foreign keys.
 *
 * Plan: the indexes by message.
 */
export const removeAttached: Statement = {
  name: 'remove_attached',
  text: `
with
assets as (delete from message_assets a where a.tenant_id = $1 and a.message_id = any($2::uuid[]) returning 1),
vectors as (delete from message_vectors v where v.tenant_id = $1 and v.message_id = any($2::uuid[]) returning 1),
tasks as (update tasks t set message_id = null where t.tenant_id = $1 and t.message_id = any($2::uuid[]))
select (select count(*)::int from assets) as assets, (select count(*)::int from vectors) as vectors`,
};
