import { z } from 'zod';
import { AppError, invalidInput, notFound } from '../../errors.js';
import { newId } from '../../ids.js';
import { contentHash } from '../../models/content-hash.js';
import type { Redacted } from '../../redaction/redaction.js';
import { Repository } from '../context.js';
import { CorpusChanges } from '../corpus-changes.js';
import { decodeCursor } from '../cursor.js';
import { type Page, type PageQuery, pageOf } from '../page.js';
import { containing } from '../pattern.js';
import { memoryBytes } from '../quotas/memory-size.js';
import { assertMessageSize } from '../quotas/message-size.js';
import { Admission } from '../quotas/quotas.js';
import { isBlank, redactMemory } from '../redact.js';
import {
  findKnownMemory,
  findMemories,
  findNewest,
  insertMemory,
  listMemories,
  lockMemory,
  noteSuperseded,
  similarMemories,
  supersedeMemories,
} from '../sql/memories.js';
import { MemoryEvidence, type Provenance } from './memory-evidence.js';
import type { MemoryFilter, MemoryRecord, NewMemory, SimilarMemory } from './memory-records.js';

export type Remembered = {
  memory: MemoryRecord;
  /** False: it was known before, and nothing was added. */
  created: boolean;
  superseded: MemoryRecord[];
  similar: SimilarMemory[];
  /** What was taken out before it was stored. */
  redacted?: Redacted[] | undefined;
};

type Known = {
  id: string;
  content: string;
  byClientId: boolean;
  inForce: boolean;
  supersededById: string | null;
  validTo: Date | null;
  expiresAt: Date | null;
};
type Stored = { id: string; created: boolean; supersededIds: string[] };
type Locked = { id: string; ownerId: string | null; supersededById: string | null };

const place = z.strictObject({ at: z.iso.datetime(), id: z.guid() });
const MOST_SIMILAR = 5;
export const FIND_MEMORY = 'recall finds memories and their ids.';

/** The ledger of what is worth remembering: nothing in it is rewritten, a newer memory takes the place of an older one. */
export class MemoryRepository extends Repository {
  /** One that is not deleted; superseded and expired ones too. */
  async get(id: string): Promise<MemoryRecord> {
    const [memory] = await this.find([id]);
    if (!memory || memory.deletedAt !== null) throw notFound('memory', id, FIND_MEMORY);
    return memory;
  }

  /** Those of the ids that are there, in the order given. Deleted ones too. */
  async find(ids: readonly string[]): Promise<MemoryRecord[]> {
    return this.context.db.query<MemoryRecord>(findMemories, [this.tenantId, this.userId, ids], this.context.transaction);
  }

  /** The latest stored first. */
  async list(filter: MemoryFilter, page: PageQuery): Promise<Page<MemoryRecord>> {
    this.assertUser(filter.user);
    const { tags = null } = filter;
    const from = page.cursor === undefined ? null : decodeCursor('memories', filter, page.cursor, place);
    const rows = await this.context.db.query<MemoryRecord>(
      listMemories,
      [
        this.tenantId,
        this.userId,
        filter.user ?? null,
        this.context.clock(),
        filter.asOf ?? null,
        filter.includeSuperseded ?? false,
        filter.includeExpired ?? false,
        filter.kinds ?? null,
        filter.tagsMatch === 'all' ? null : tags,
        filter.tagsMatch === 'all' ? tags : null,
        filter.conversationId ?? null,
        containing(filter.query),
        from?.at ?? null,
        from?.id ?? null,
        page.limit + 1,
      ],
      this.context.transaction,
    );
    return pageOf(rows, page.limit, 'memories', filter, (last) => ({ at: last.createdAt.toISOString(), id: last.id }));
  }

  /** Stores a memory, unless the same is known of the same user. Safe to repeat, and for many callers at once. */
  async remember(given: NewMemory): Promise<Remembered> {
    const { clean: memory, redacted } = redactMemory(given, this.context.redact);
    this.check(memory);
    const id = newId();
    const stored = await this.withinQuotas(memory, () =>
      this.atomically(async (context) => new MemoryRepository(context).store(id, memory)),
    );
    const [now, ...superseded] = await this.find([stored.id, ...stored.supersededIds]);
    return { memory: now!, created: stored.created, superseded, similar: stored.created ? await this.similarTo(stored.id) : [], redacted };
  }

  /** Memories in force of the same user that share most of their words with this one. */
  async similarTo(id: string): Promise<SimilarMemory[]> {
    const values = [this.tenantId, id, this.context.clock(), MOST_SIMILAR];
    return this.context.db.query<SimilarMemory>(similarMemories, values, this.context.transaction);
  }

  private async withinQuotas(memory: NewMemory, store: () => Promise<Stored>): Promise<Stored> {
    const { quotas } = this.context;
    if (!quotas || (await quotas.policy(this.context)).max_bytes === null) return store();
    const admission = new Admission(quotas);
    await admission.ask(this.context, { messages: 0, bytes: memoryBytes(memory) });
    try {
      const stored = await store();
      if (stored.created) admission.keep();
      return stored;
    } finally {
      admission.undo();
    }
  }

  private check(memory: NewMemory): void {
    const { content, title, tags, metadata, validFrom, validTo, expiresAt } = memory;
    if (isBlank(content)) throw invalidInput('There is nothing to remember but what must not be stored. Nothing was stored.');
    assertMessageSize('This memory', [content, title, tags, metadata], this.context.limits);
    if (validFrom && validTo && validTo < validFrom) throw invalidInput('valid_to is before valid_from. Nothing was stored.');
    if (expiresAt && expiresAt <= this.context.clock())
      throw invalidInput('expires_at is in the past: this would be forgotten at once. Nothing was stored.');
  }

  private async store(id: string, memory: NewMemory): Promise<Stored> {
    const provenance = await new MemoryEvidence(this.context).resolve(memory);
    const old = memory.supersedes === undefined ? null : await this.lock(memory.supersedes);
    const ownerId = memory.user === undefined && this.userId === null ? (provenance.ownerId ?? old?.ownerId ?? null) : provenance.ownerId;
    if (old && old.ownerId !== ownerId)
      throw invalidInput(`Memory ${old.id} belongs to another user. Nothing was stored.`, 'Name the same user, or leave supersedes out.');
    const now = this.context.clock();
    const from = memory.validFrom ?? memory.occurredAt ?? now;
    if (old && memory.validTo && memory.validTo < from)
      throw invalidInput('valid_to is before this memory takes the place of the other. Nothing was stored.', 'Give valid_from too.');

    const known = await this.known(ownerId, memory);
    const ended = (known: Known) => isOver(known, now) && !(memory.validTo && memory.validTo <= now);
    // Whoever names the same words as the ones to be replaced corrects how they are written.
    const corrected = (known: Known) => known.id === old?.id && known.content !== memory.content;
    const over = known && !known.byClientId && (ended(known) || corrected(known)) ? known : null;
    if (known && old && old.id !== known.id && old.supersededById !== known.id) assertCanReplace(known, old);
    if (known && !over) return { id: known.id, created: false, supersededIds: await this.replace(old, known.id, from, now) };
    if (old) await this.assertInForce(old);
    if (
      !(await this.insert(
        id,
        memory,
        { ...provenance, ownerId },
        { from, now, replaces: old?.id ?? over?.id ?? null, overId: over?.id ?? null },
      ))
    ) {
      const winner = await this.known(ownerId, memory);
      if (!winner)
        throw new AppError('conflict', 'The same memory was changed at this very moment. Nothing was stored.', {
          hint: 'Call remember again.',
        });
      return { id: winner.id, created: false, supersededIds: await this.replace(old, winner.id, from, now) };
    }
    await new CorpusChanges(this.context).count('memory', [id], ownerId);
    const supersededIds = await this.replace(old, id, from, now);
    return { id, created: true, supersededIds: [...new Set(over ? [...supersededIds, over.id] : supersededIds)] };
  }

  private async known(ownerId: string | null, { clientId, content }: NewMemory): Promise<Known | undefined> {
    const values = [this.tenantId, ownerId, clientId ?? null, contentHash(content)];
    const [known] = await this.context.db.query<Known>(findKnownMemory, values, this.context.transaction);
    return known;
  }

  private async lock(id: string): Promise<Locked> {
    const [old] = await this.context.db.query<Locked>(lockMemory, [this.tenantId, this.userId, id], this.context.transaction);
    if (!old) throw notFound('memory', id, `Nothing was stored. ${FIND_MEMORY}`);
    return old;
  }

  private async assertInForce({ id, supersededById }: Locked): Promise<void> {
    if (supersededById === null) return;
    const [newest] = await this.context.db.query<{ id: string }>(findNewest, [this.tenantId, id], this.context.transaction);
    throw new AppError('conflict', `Memory ${id} is superseded already; the newest in its place is ${newest?.id}. Nothing was stored.`, {
      hint: `Supersede ${newest?.id} instead, if that is the one that is no longer true.`,
    });
  }

  /** Puts `byId` in the place of `old`; doing it again changes nothing. */
  private async replace(old: Locked | null, byId: string, from: Date, now: Date): Promise<string[]> {
    if (!old || old.id === byId) return [];
    if (old.supersededById === byId) return [old.id];
    await this.assertInForce(old);
    const { db, transaction } = this.context;
    await db.query(supersedeMemories, [this.tenantId, [old.id], byId, from, now], transaction);
    await db.query(noteSuperseded, [this.tenantId, byId, old.id], transaction);
    return [old.id];
  }

  private async insert(
    id: string,
    memory: NewMemory,
    { ownerId, conversationId }: Provenance,
    { from, now, replaces, overId }: { from: Date; now: Date; replaces: string | null; overId: string | null },
  ): Promise<boolean> {
    const { content, tags = [], kind = 'fact', importance = 0.5, source = 'agent', metadata = {} } = memory;
    const rows = await this.context.db.query(
      insertMemory,
      [
        this.tenantId,
        id,
        ownerId,
        conversationId,
        memory.messageIds ?? [],
        kind,
        memory.title ?? null,
        content,
        contentHash(content),
        tags,
        importance,
        source,
        memory.confidence ?? null,
        JSON.stringify(metadata),
        memory.clientId ?? null,
        memory.occurredAt ?? null,
        memory.validFrom ?? (replaces === null ? null : from),
        memory.validTo ?? null,
        replaces,
        memory.ttl === undefined ? (memory.expiresAt ?? null) : new Date(now.getTime() + memory.ttl),
        tags.join(' '),
        now,
        overId,
        from,
      ],
      this.context.transaction,
    );
    return rows.length > 0;
  }
}

/** A memory that went out of force under its client id does not come back by being sent again: two would then replace each other, and none be left. */
function assertCanReplace({ id, inForce, supersededById }: Known, old: Locked): void {
  if (inForce) return;
  const fate = supersededById === null ? 'was forgotten' : `was superseded by ${supersededById}`;
  throw new AppError('conflict', `This client_id is that of memory ${id}, which ${fate}. Nothing was stored.`, {
    hint: `To say that it holds again instead of ${old.id}, call remember without client_id or with a new one.`,
  });
}

/** It has expired or is no longer true, so saying the same again is news. */
const isOver = ({ validTo, expiresAt }: Known, now: Date): boolean =>
  (validTo !== null && validTo <= now) || (expiresAt !== null && expiresAt <= now);
