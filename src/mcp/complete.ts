import { mayUse, type Scope } from '../principal.js';
import type { Complete } from './define.js';

/** One more than an answer holds, so that the adapter can say that there are more. */
const ENOUGH = 101;
/** How far back an id that is being typed is looked for. */
const RECENT = 500;

/** Suggests nothing to one who may not read what the suggestions come from, whatever it is they are suggested for. */
const reading =
  (scope: Scope, complete: Complete): Complete =>
  async (prefix, context) =>
    mayUse(context.principal, scope) ? complete(prefix, context) : [];

type Rows = { items: readonly { id: string }[] };

/** Ids that begin with what is typed, of the latest rows, before those of rows whose words hold it. */
async function byIdOrWords(prefix: string, list: (query: string | undefined, limit: number) => Promise<Rows>): Promise<string[]> {
  const wanted = prefix.trim().toLowerCase();
  if (wanted === '') return idsOf(await list(undefined, ENOUGH));
  const byWords = idsOf(await list(wanted, ENOUGH));
  if (!/^[0-9a-f-]+$/.test(wanted)) return byWords;
  const byId = idsOf(await list(undefined, RECENT)).filter((id) => id.startsWith(wanted));
  return [...new Set([...byId, ...byWords])].slice(0, ENOUGH);
}

const idsOf = ({ items }: Rows): string[] => items.map(({ id }) => id);

/** Conversation ids: by the beginning of the id or by words of title, summary or topic; the latest first. */
export const completeConversation: Complete = reading('conversations:read', (prefix, { store }) =>
  byIdOrWords(prefix, (query, limit) => store.conversations.list({ query }, { limit })),
);

/** External ids of users, those whose id or name holds what is typed. */
export const completeUser: Complete = reading('users:read', async (prefix, { store }) => {
  const wanted = prefix.trim();
  const { items } = await store.users.list({ query: wanted === '' ? undefined : wanted }, { limit: ENOUGH });
  return items.map(({ externalId }) => externalId);
});

/** Memory ids: by the beginning of the id or by words of title or content; the latest stored first. */
export const completeMemory: Complete = reading('memories:read', (prefix, { store }) =>
  byIdOrWords(prefix, (query, limit) => store.memories.list({ query }, { limit })),
);

/** Tags of the latest memories, the most used first. */
export const completeTag: Complete = reading('memories:read', async (prefix, { store }) => {
  const wanted = prefix.trim().toLowerCase();
  const { items } = await store.memories.list({}, { limit: RECENT });
  const counts = new Map<string, number>();
  for (const tag of items.flatMap(({ tags }) => tags))
    if (tag.toLowerCase().startsWith(wanted)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([tag]) => tag)
    .slice(0, ENOUGH);
});
