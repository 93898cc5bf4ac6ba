import type { EpisodicMemory } from '../../models/episodic-memory.js';
import type { JsonObject } from '../records.js';

export const MEMORY_KINDS = [
  'fact',
  'preference',
  'event',
  'summary',
  'procedure',
  'note',
] as const satisfies readonly EpisodicMemory['kind'][];
export type MemoryKind = (typeof MEMORY_KINDS)[number];

export const MEMORY_SOURCES = ['user', 'agent', 'import', 'system'] as const satisfies readonly EpisodicMemory['source'][];
export type MemorySource = (typeof MEMORY_SOURCES)[number];

/** A memory as the repositories hand it out. */
export type MemoryRecord = {
  id: string;
  kind: MemoryKind;
  title: string | null;
  content: string;
  tags: string[];
  importance: number;
  source: MemorySource;
  confidence: number | null;
  user: string | null;
  conversationId: string | null;
  messageIds: string[];
  occurredAt: Date | null;
  validFrom: Date | null;
  validTo: Date | null;
  expiresAt: Date | null;
  supersedesId: string | null;
  supersededById: string | null;
  clientId: string | null;
  metadata: JsonObject;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
};

export type NewMemory = {
  content: string;
  title?: string | undefined;
  kind?: MemoryKind | undefined;
  tags?: string[] | undefined;
  importance?: number | undefined;
  source?: MemorySource | undefined;
  confidence?: number | undefined;
  metadata?: JsonObject | undefined;
  /** External id; made when it is not there yet. */
  user?: string | undefined;
  conversationId?: string | undefined;
  /** The evidence. */
  messageIds?: string[] | undefined;
  occurredAt?: Date | undefined;
  validFrom?: Date | undefined;
  validTo?: Date | undefined;
  expiresAt?: Date | undefined;
  /** Milliseconds until it expires. */
  ttl?: number | undefined;
  /** The memory that this one replaces. */
  supersedes?: string | undefined;
  /** The caller's own id: storing again under it changes nothing. */
  clientId?: string | undefined;
};

/** A memory that says nearly the same. */
export type SimilarMemory = MemoryRecord & { similarity: number };

/** What each reader may ask to see beyond what holds now. */
export type MemoryScope = {
  asOf?: Date | undefined;
  includeSuperseded?: boolean | undefined;
  includeExpired?: boolean | undefined;
};

export type MemoryFilter = MemoryScope & {
  user?: string | undefined;
  kinds?: MemoryKind[] | undefined;
  tags?: string[] | undefined;
  tagsMatch?: 'any' | 'all' | undefined;
  conversationId?: string | undefined;
  /** Text to look for in title and content, as it stands. */
  query?: string | undefined;
};
