import type { Statement } from '../../db/database.js';

const taskColumns = `
  t.id, u.external_id as "user", t.conversation_id as "conversationId", t.message_id as "messageId", t.title, t.details, t.status,
  t.due_at as "dueAt", t.metadata, t.created_at as "createdAt", t.updated_at as "updatedAt"`;
const taskSource = 'tasks t left join users u on u.tenant_id = t.tenant_id and u.id = t.user_id';
const visible = 't.tenant_id = $1 and ($2::uuid is null or t.user_id = $2::uuid)';

export const findTask: Statement = {
  name: 'find_task',
  text: `select ${taskColumns.trim()} from ${taskSource} where ${visible} and t.id = $3::uuid`,
};

/**
 * Tasks by due time, those without one last, after the place ($9, $10), at most $11.
 *
 * Plan: the tasks of one user by `tasks_user_id_idx`, or of the tenant by `tasks_status_idx`, sorted.
 */
export const listTasks: Statement = {
  name: 'list_tasks',
  text: `
select ${taskColumns.trim()}
from ${taskSource}
where ${visible}
  and ($3::text[] is null or t.status = any($3::text[]))
  and ($4::text is null or u.external_id = $4)
  and ($5::uuid is null or t.conversation_id = $5::uuid)
  and ($6::timestamptz is null or t.due_at <= $6)
  and ($7::timestamptz is null or t.due_at >= $7)
  and ($8::text is null or concat_ws(' ', t.title, t.details) ilike $8)
  and ($10::uuid is null or (coalesce(t.due_at, 'infinity'), t.id) > (coalesce($9::timestamptz, 'infinity'), $10::uuid))
order by coalesce(t.due_at, 'infinity'), t.id
limit $11::int`,
};
