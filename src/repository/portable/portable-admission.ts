import type { Context } from '../context.js';
import { memoryBytes } from '../quotas/memory-size.js';
import { Admission, type Usage } from '../quotas/quotas.js';
import { findHere } from '../sql/portable-write.js';
import { parseRow } from './parse-row.js';
import { CONVERSATION, MEMORY } from './portable-kinds.js';

type Given = Readonly<{ type: string; row: string; line: number }>;
type Counted = { id: string } & Partial<{
  message_count: number;
  stored_bytes: number;
  content: string;
  title: string | null;
  metadata: object;
}>;

const STAYS = 'What was stored of the file before stays, in whole conversations; run it again when there is room.';

/** Lets rows of a file in, as far as they are new here, or refuses them: a tenant's quotas hold for what is imported too. */
export async function admitRows(context: Context, rows: readonly Given[]): Promise<Admission | undefined> {
  const { quotas, db, principal } = context;
  if (!quotas) return undefined;
  const { max_messages, max_bytes } = await quotas.policy(context);
  if (max_messages === null && max_bytes === null) return undefined;
  const [conversations, memories] = [CONVERSATION, MEMORY].map(({ type }) =>
    rows.filter((row) => row.type === type).map(parseRow<Counted>),
  );
  const ids = [conversations, memories].map((given) => given!.map(({ id }) => id));
  const here = new Set((await db.query<{ id: string }>(findHere, [principal.tenantId, ...ids])).map(({ id }) => id));
  const more: Usage = { messages: 0, bytes: 0 };
  for (const { id, message_count = 0, stored_bytes = 0 } of conversations!) {
    if (here.has(id)) continue;
    more.messages += message_count;
    more.bytes += stored_bytes;
  }
  for (const { id, content = '', title, metadata } of memories!) if (!here.has(id)) more.bytes += memoryBytes({ content, title, metadata });
  const admission = new Admission(quotas);
  await admission.ask(context, more, STAYS);
  return admission;
}
