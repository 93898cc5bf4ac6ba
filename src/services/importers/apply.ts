import { AppError } from '../../errors.js';
import type { ImportedMemoryState } from '../../repository/portable/imported.js';
import type { Store } from '../../repository/store.js';
import type { NewMessage } from '../../repository/turns.js';
import type {
  ImportedConversation,
  ImportedEntity,
  ImportedMemory,
  ImportedMessage,
  ImportedRelation,
  ImportItem,
  Rejected,
} from './define.js';
import { emptyReport, type ImportReport, reject } from './report.js';
import { hashOf } from './shapes.js';

export type ApplyOptions = Readonly<{
  /** Name of the importer: part of the keys, so a second run finds what the first one took. */
  format: string;
  dryRun?: boolean | undefined;
  /** External id of the user that things without one belong to. */
  user?: string | undefined;
  progress?: ((report: Readonly<ImportReport>) => void) | undefined;
  /** Looked at between two items; what was taken until then stays. */
  signal?: AbortSignal | undefined;
}>;

/** As many as one call of save_turn takes. */
const MESSAGES = 100;

/**
 * Stores what an importer reads. A conversation is stored whole or not at all, and what is here already (by `import:<format>:<id>`
 * and the ids of its messages) stays as it is, so the same file may be read again, and a newer one adds what is new. What the
 * rules of the store refuse is reported and passed over.
 */
export async function applyImport(store: Store, items: AsyncIterable<ImportItem | Rejected>, options: ApplyOptions): Promise<ImportReport> {
  const report = emptyReport(options.dryRun ?? false);
  for await (const item of items) {
    if (options.signal?.aborted) break;
    if (item.kind === 'rejected') reject(report, item.where, item.why);
    else {
      try {
        await applyItem(store, item, options, report);
      } catch (error) {
        if (!(error instanceof AppError) || !['invalid_input', 'conflict', 'not_found', 'quota_exceeded'].includes(error.code)) throw error;
        reject(report, item.where, error.hint ? `${error.message} ${error.hint}` : error.message);
      }
    }
    options.progress?.(report);
  }
  return report;
}

async function applyItem(store: Store, item: ImportItem, options: ApplyOptions, report: ImportReport): Promise<void> {
  switch (item.kind) {
    case 'conversation':
      await applyConversation(store, item, options, report);
      return;
    case 'memory':
      return applyMemory(store, item, options, report);
    case 'entity':
      return applyEntity(store, item, report);
    case 'relation':
      return applyRelation(store, item, report);
  }
}

const conversationKeyOf = (format: string, id: string): string => `import:${format}:${id}`;

/** Stores one conversation whole, or what of it is new; tells which it is here. */
export async function applyConversation(
  store: Store,
  { id, title, topic, platform, user, metadata, partOf, messages }: ImportedConversation,
  options: Pick<ApplyOptions, 'format' | 'user'>,
  report: ImportReport,
): Promise<{ id: string; created: boolean }> {
  const key = conversationKeyOf(options.format, id);
  const ids = messages.map((message) => message.id);
  const done = await store.transaction(async (store) => {
    const here = await store.imported.conversation(key, id, ids);
    const whole = partOf === undefined ? null : await store.imported.conversation(conversationKeyOf(options.format, partOf), partOf, ids);
    const known = new Set([...(here?.known ?? []), ...(whole?.known ?? [])]);
    const fresh = messages.filter((message) => !known.has(message.id));
    if (fresh.length === 0 || report.dryRun)
      return { id: here?.id ?? '', isNew: here === null && fresh.length > 0, messages: fresh.length };
    if (here?.status === 'archived')
      throw new AppError(
        'conflict',
        `It is here as conversation ${here.id}, which is archived, and has ${fresh.length} messages more in the file. Nothing was stored.`,
        { hint: 'Reopen it with update_conversation (status: "active") and import again.' },
      );
    const about = { title, topic, platform, metadata, user: ownerOf(store, user, options) };
    let stored = here?.id;
    for (let at = 0; at < fresh.length; at += MESSAGES) {
      const target = stored === undefined ? { conversationKey: key, ...about } : { conversationId: stored };
      const receipt = await store.turns.save({ ...target, messages: fresh.slice(at, at + MESSAGES).map(newMessage) });
      stored = receipt.conversationId;
    }
    return { id: stored ?? '', isNew: here === null, messages: fresh.length };
  });
  count(report, 'conversations', done.isNew);
  report.messages.read += messages.length;
  report.messages.added += done.messages;
  report.messages.known += messages.length - done.messages;
  return { id: done.id, created: done.isNew };
}

/** A memory that says something else than before takes the place of what an earlier file said. */
async function applyMemory(
  store: Store,
  { id, where, memoryKind, content, title, tags, importance, user, occurredAt, updatedAt, metadata }: ImportedMemory & { where: string },
  options: ApplyOptions,
  report: ImportReport,
): Promise<void> {
  const key = conversationKeyOf(options.format, id);
  const here = await store.imported.memory(key, content);
  const isNews = here !== null && isNewer(here, updatedAt);
  if (here && !isNews) return count(report, 'memories', false);
  if (here && !here.isImport) {
    report.memories.read += 1;
    return reject(report, where, `It says something else now, but memory ${here.id} took its place here, and stays.`);
  }
  if (!report.dryRun) {
    const about = {
      kind: memoryKind,
      content,
      title,
      tags: tags && [...tags],
      importance,
      occurredAt,
      metadata,
      source: 'import' as const,
    };
    const version = here
      ? {
          clientId: versionOf(key, content, updatedAt),
          supersedes: here.id,
          validFrom: updatedAt ?? new Date(),
          user: here.user ?? undefined,
        }
      : { clientId: key, user: ownerOf(store, user, options) };
    const stored = await store.memories.remember({ ...about, ...version });
    if (!stored.created && !here) return count(report, 'memories', false);
  }
  count(report, 'memories', true);
  if (here) report.superseded += 1;
}

/** An older file that is read once more does not bring back what it said. */
const isNewer = ({ isDeleted, said, current, at }: ImportedMemoryState, updatedAt: Date | undefined): boolean =>
  !isDeleted && !current && (updatedAt && at ? updatedAt > at : !said);

const versionOf = (key: string, content: string, updatedAt: Date | undefined): string =>
  `${key}#${hashOf([content, updatedAt?.toISOString()]).slice(0, 16)}`;

async function applyEntity(
  store: Store,
  { graph, key, label, type, properties, observations }: ImportedEntity,
  report: ImportReport,
): Promise<void> {
  if (report.dryRun) return count(report, 'entities', (await store.graph.open([key], { graph, observations: 0 })).length === 0);
  const node = { key, label, type, properties, observations: observations?.map((text) => ({ text, source: 'import' })) };
  const { nodes } = await store.graph.upsert({ graph, nodes: [node] });
  count(report, 'entities', nodes.created > 0);
}

async function applyRelation(store: Store, { graph, source, target, type }: ImportedRelation, report: ImportReport): Promise<void> {
  if (report.dryRun) {
    const [from, to] = await store.graph.open([source, target], { graph, observations: 0 });
    const edges = from && to ? await store.graph.edgesBetween([from.id], [to.id], { limit: 1, types: [type] }) : [];
    return count(report, 'relations', edges.length === 0);
  }
  const { edges } = await store.graph.upsert({ graph, edges: [{ source, target, type }] });
  count(report, 'relations', edges.created > 0);
}

/** Whoever is bound to a user imports for that user, whatever a file says. */
const ownerOf = (store: Store, user: string | undefined, options: Pick<ApplyOptions, 'user'>): string | undefined =>
  store.principal.user ?? user ?? options.user;

function count(report: ImportReport, kind: 'conversations' | 'memories' | 'entities' | 'relations', isNew: boolean): void {
  report[kind].read += 1;
  report[kind][isNew ? 'added' : 'known'] += 1;
}

const newMessage = ({ id, ...message }: ImportedMessage): NewMessage => ({ ...message, clientMessageId: id });
