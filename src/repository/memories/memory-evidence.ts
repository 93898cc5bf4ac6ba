import { invalidInput, notFound } from '../../errors.js';
import { newId } from '../../ids.js';
import { Repository } from '../context.js';
import { findEvidence } from '../sql/memories.js';
import type { NewMemory } from './memory-records.js';

type Found = {
  namedId: string | null;
  conversationFound: boolean;
  ownerId: string | null;
  messageIds: string[];
  conversationIds: string[];
  ownerIds: string[];
};

export type Provenance = { ownerId: string | null; conversationId: string | null };

/** What a new memory comes from: checked to be there and to be the caller's to read. */
export class MemoryEvidence extends Repository {
  /** Whose the memory is and where it was said. Messages bring their conversation, and a conversation its user. */
  async resolve({ user, conversationId, messageIds = [] }: NewMemory): Promise<Provenance> {
    this.assertUser(user);
    const [found] = await this.context.db.query<Found>(
      findEvidence,
      [this.tenantId, this.userId, user ?? null, conversationId ?? null, messageIds],
      this.context.transaction,
    );
    const { namedId, conversationFound, ownerId, conversationIds, ownerIds, ...evidence } = found!;
    if (conversationId !== undefined && !conversationFound)
      throw notFound('conversation', conversationId, 'Nothing was stored. Call list_conversations for the ids you can use.');
    const missing = messageIds.find((id) => !evidence.messageIds.includes(id));
    if (missing !== undefined)
      throw notFound('message', missing, 'Nothing was stored. search_messages and load_history show the ids you can use.');
    const elsewhere = conversationId === undefined ? undefined : conversationIds.find((id) => id !== conversationId);
    if (elsewhere !== undefined) {
      throw invalidInput(
        `A message of message_ids is in conversation ${elsewhere}, not in ${conversationId}. Nothing was stored.`,
        'Leave conversation_id out: the messages bring it.',
      );
    }
    return {
      ownerId: this.userId ?? (user === undefined ? (ownerId ?? only(ownerIds)) : (namedId ?? (await this.makeUser(user)))),
      conversationId: conversationId ?? only(conversationIds),
    };
  }

  /** Two callers may meet a new person at once: both get the same row. */
  private async makeUser(externalId: string): Promise<string> {
    const { User } = this.context.models;
    const where = this.ofTenant({ externalId });
    await User.bulkCreate([{ ...where, id: newId() }], { ignoreDuplicates: true, ...this.tx });
    return (await User.findOne({ where, rejectOnEmpty: true, ...this.tx })).id;
  }
}

const only = <T>(items: readonly T[]): T | null => (items.length === 1 ? items[0]! : null);
