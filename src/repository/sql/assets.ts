import type { Statement } from '../../db/database.js';

/** An attachment of a message that the principal may read; one of a deleted message is not there. */
export const findAsset: Statement = {
  name: 'find_asset',
  text: `
select a.id, a.name, a.mime_type as "mimeType", a.size::float8 as size, a.uri, a.bytes
from message_assets a
join messages m on m.tenant_id = a.tenant_id and m.id = a.message_id
join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
where a.tenant_id = $1 and ($2::uuid is null or c.user_id = $2::uuid) and a.id = $3::uuid and m.deleted_at is null`,
};
