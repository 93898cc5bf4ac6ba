import type { Statement } from '../../db/database.js';

/** Counts the memories $3, each $4 times. Rows are taken in the order of their ids, so that two of these never wait for each other in a circle. */
export const noteAccess: Statement = {
  name: 'note_access',
  text: `
with accessed as (
  select m.id, a.times from unnest($3::uuid[], $4::int[]) a(id, times)
  join episodic_memories m on m.tenant_id = $1 and m.id = a.id and ($2::uuid is null or m.user_id = $2::uuid)
  order by m.id for update of m
)
update episodic_memories m set access_count = m.access_count + a.times, last_accessed_at = $5::timestamptz
from accessed a where m.tenant_id = $1 and m.id = a.id`,
};
