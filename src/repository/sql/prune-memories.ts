import type { Statement } from '../../db/database.js';

/** Whether a memory belongs to a conversation under legal hold, or rests on a message of one. */
export const memoryIsHeld = (m: string): string => `exists (
    select from conversations c
    where c.tenant_id = $1 and c.legal_hold
      and (c.id = ${m}.conversation_id or c.id in (
        select s.conversation_id from messages s where s.tenant_id = $1 and s.id = any(${m}.message_ids))))`;

/** Memories soft-deleted or expired before $2, at most $3. Plan: `episodic_memories_deleted_at_idx` and `…_expires_at_idx`. */
export const pickMemoriesToRemove: Statement = {
  name: 'pick_memories_to_remove',
  text: `
select m.id from episodic_memories m
where m.tenant_id = $1 and (m.deleted_at < $2::timestamptz or m.expires_at < $2::timestamptz) and not ${memoryIsHeld('m')}
limit $3::int`,
};

/** Memories stored before $2 that are not deleted, at most $3. Plan: `episodic_memories_created_at_idx` from the oldest. */
export const pickMemoriesToHide: Statement = {
  name: 'pick_memories_to_hide',
  text: `
select m.id from episodic_memories m
where m.tenant_id = $1 and m.created_at < $2::timestamptz and m.deleted_at is null and not ${memoryIsHeld('m')}
order by m.created_at, m.id
limit $3::int`,
};
