/** Which rows of `messages m` a reader sees, beside the tenant ($1): with a user ($2), those in conversations of theirs. */
export const messageIsOwned =
  '($2::uuid is null or m.conversation_id in (select c.id from conversations c where c.tenant_id = $1 and c.user_id = $2::uuid))';
