import type { Statement } from '../../db/database.js';

/** The spaces of a tenant, the newest first. */
export const listSpaces: Statement = {
  name: 'list_embedding_spaces',
  text: `
select s.id, s.provider, s.model, s.dimensions, s.query_prefix as "queryPrefix", s.document_prefix as "documentPrefix", s.covered_at as "coveredAt"
from embedding_spaces s where s.tenant_id = $1
order by s.created_at desc, s.id desc`,
};
