import type { Complete } from './define.js';

/** One more than an answer holds, so that the adapter can say that there are more. */
const ENOUGH = 101;
/** How far back an id that is being typed is looked for. */
const RECENT = 500;

/** Conversation ids: by the beginning of the id or by words of title, summary or topic; the latest first. */
export const completeConversation: Complete = async (prefix, { store }) => {
  const wanted = prefix.trim().toLowerCase();
  if (wanted === '') return idsOf(await store.conversations.list({}, { limit: ENOUGH }));
  const byWords = await store.conversations.list({ query: wanted }, { limit: ENOUGH });
  if (!/^[0-9a-f-]+$/.test(wanted)) return idsOf(byWords);
  const recent = await store.conversations.list({}, { limit: RECENT });
  const byId = idsOf(recent).filter((id) => id.startsWith(wanted));
  return [...new Set([...byId, ...idsOf(byWords)])].slice(0, ENOUGH);
};

const idsOf = ({ items }: { items: readonly { id: string }[] }): string[] => items.map(({ id }) => id);

/** External ids of users, those whose id or name holds what is typed. */
export const completeUser: Complete = async (prefix, { store }) => {
  const wanted = prefix.trim();
  const { items } = await store.users.list({ query: wanted === '' ? undefined : wanted }, { limit: ENOUGH });
  return items.map(({ externalId }) => externalId);
};
