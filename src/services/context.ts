import { AppError, invalidInput } from '../errors.js';
import type { Scope } from '../principal.js';
import { contentText } from '../repository/content.js';
import type { HistoryPage } from '../repository/history.js';
import type { RecallHit, RecallSource } from '../repository/recall/recall-records.js';
import type { ConversationRecord, MessageRecord } from '../repository/records.js';
import type { Store } from '../repository/store.js';
import type { TaskRecord } from '../repository/tasks.js';
import type { UserRecord } from '../repository/users.js';
import { cutText } from '../search/snippet.js';
import { type Recall, readableSources } from './recall.js';

export type ContextQuery = {
  conversationId?: string | undefined;
  conversationKey?: string | undefined;
  /** What the turn is about; the last message of the user, if it is not given. */
  query?: string | undefined;
  user?: string | undefined;
};

/** Everything that may belong into a pack, more than fits, the most important first in each part. */
export type ContextParts = {
  user: UserRecord | null;
  conversation: ConversationRecord | null;
  /** Newest first. */
  recent: MessageRecord[];
  tasks: TaskRecord[];
  /** Memories and what was said earlier. */
  memories: RecallHit[];
  facts: RecallHit[];
};

const RECENT = 30;
const RECENT_BYTES = 128 * 1024;
/** Some of these are among the newest messages. */
const RELEVANT = 40;
/** What scores less than this share of the best is there because something has to come last. */
const RELEVANCE = 0.4;
/** The beginning of a message says what it is about. */
const QUERY_CHARACTERS = 600;

/** Reads what an agent should know at the start of a turn: the conversation first, because it says whom and what about, then the rest at once. */
export async function gatherContext(store: Store, recall: Recall, query: ContextQuery): Promise<ContextParts> {
  const may = (scope: Scope) => store.principal.scopes.has(scope);
  const page = may('conversations:read') ? await recentMessages(store, query) : null;
  const conversation = page?.conversation ?? null;
  const recent = page?.messages.toReversed() ?? [];
  const user = query.user ?? store.principal.user ?? conversation?.user ?? undefined;
  const about = query.query ?? questionOf(recent);
  const shown = new Set(recent.map(({ id }) => id));
  const relevant = async (wanted: RecallSource[], of: string | undefined): Promise<RecallHit[]> => {
    const sources = readableSources(wanted, store.principal.scopes);
    if (about === null || sources.length === 0) return [];
    const { hits } = await recall.find(store, { query: about, sources, user: of }, { limit: RELEVANT });
    // The newest messages are there already, and what is asked fits itself best of all.
    const others = hits.filter(({ id }) => !shown.has(id));
    return others.filter(({ score }) => score >= RELEVANCE * others[0]!.score);
  };
  const [profile, tasks, memories, facts] = await Promise.all([
    user === undefined || !may('users:read') ? null : knownUser(store, user),
    may('conversations:read') ? openTasks(store, user, conversation) : [],
    relevant(['memories', 'messages'], user),
    store.principal.user === null ? relevant(['graph'], undefined) : [],
  ]);
  return { user: profile, conversation, recent, tasks, memories, facts };
}

async function recentMessages(store: Store, { conversationId, conversationKey }: ContextQuery): Promise<HistoryPage | null> {
  if (conversationId !== undefined && conversationKey !== undefined) {
    throw invalidInput('Give one of conversation_id and conversation_key, not both.');
  }
  if (conversationId === undefined && conversationKey === undefined) return null;
  const page = { conversationId, conversationKey, limit: RECENT, maxBytes: RECENT_BYTES };
  // A key nobody has used yet is the first turn of a conversation: there is no history, but all the rest.
  return store.history.page(page).catch((error: unknown) => {
    if (conversationKey !== undefined && error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
}

const questionOf = (recent: readonly MessageRecord[]): string | null => {
  const last = recent.find(({ role }) => role === 'user');
  const text = last ? cutText(contentText(last.content).trim(), QUERY_CHARACTERS) : '';
  return text === '' ? null : text;
};

const knownUser = (store: Store, user: string): Promise<UserRecord | null> =>
  store.users.get(user).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });

async function openTasks(store: Store, user: string | undefined, conversation: ConversationRecord | null): Promise<TaskRecord[]> {
  const of = user !== undefined ? { user } : conversation ? { conversationId: conversation.id } : {};
  const { items } = await store.tasks.list({ status: ['open'], ...of }, { limit: 20 });
  return items;
}
