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

/** Conversation ids: by the beginning of the id or by words of title, summary or topic; the latest first. */
export const completeConversation: Complete = reading('conversations:read', async (prefix, { store }) => {
  const wanted = prefix.trim().toLowerCase();
  if (wanted === '') return idsOf(await store.conversations.list({}, { limit: ENOUGH }));
  const byWords = await store.conversations.list({ query: wanted }, { limit: ENOUGH });
  if (!/^[0-9a-f-]+$/.test(wanted)) return idsOf(byWords);
  const recent = await store.conversations.list({}, { limit: RECENT });
  const byId = idsOf(recent).filter((id) => id.startsWith(wanted));
  return [...new Set([...byId, ...idsOf(byWords)])].slice(0, ENOUGH);
});

const idsOf = ({ items }: { items: readonly { id: string }[] }): string[] => items.map(({ id }) => id);

/** External ids of users, those whose id or name holds what is typed. */
export const completeUser: Complete = reading('users:read', async (prefix, { store }) => {
  const wanted = prefix.trim();
  const { items } = await store.users.list({ query: wanted === '' ? undefined : wanted }, { limit: ENOUGH });
  return items.map(({ externalId }) => externalId);
});

/** Memory ids: by the beginning of the id or by words of title or content; the latest stored first. */
export const completeMemory: Complete = reading('memories:read', async (prefix, { store }) => {
  const wanted = prefix.trim().toLowerCase();
  if (wanted === '') return idsOf(await store.memories.list({}, { limit: ENOUGH }));
  const byWords = await store.memories.list({ query: wanted }, { limit: ENOUGH });
  if (!/^[0-9a-f-]+$/.test(wanted)) return idsOf(byWords);
  const recent = await store.memories.list({}, { limit: RECENT });
  const byId = idsOf(recent).filter((id) => id.startsWith(wanted));
  return [...new Set([...byId, ...idsOf(byWords)])].slice(0, ENOUGH);
});

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
