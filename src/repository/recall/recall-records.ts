import type { CorpusSource } from '../../models/corpus-term.js';
import type { MemoryKind } from '../memories/memory-records.js';
import type { MessageRole } from '../records.js';

export const RECALL_SOURCES = ['memories', 'messages', 'graph'] as const;
export type RecallSource = (typeof RECALL_SOURCES)[number];

export const corpusOf: Record<RecallSource, CorpusSource> = { memories: 'memory', messages: 'message', graph: 'node' };

export type RecallFilter = {
  query: string;
  sources: readonly RecallSource[];
  /** External id of the user whose messages and memories are looked at. */
  user?: string | undefined;
  conversationId?: string | undefined;
  roles?: MessageRole[] | undefined;
  after?: Date | undefined;
  before?: Date | undefined;
  kinds?: MemoryKind[] | undefined;
  tags?: string[] | undefined;
  tagsMatch?: 'any' | 'all' | undefined;
  asOf?: Date | undefined;
  includeSuperseded?: boolean | undefined;
  includeExpired?: boolean | undefined;
};

/** What a score is the sum of; a part that has no meaning for a source is not there. */
export type ScoreParts = Readonly<Record<string, number>>;
export type RankedHit = Readonly<{ source: RecallSource; id: string; score: number; parts: ScoreParts }>;

export type RecallHit = RankedHit & {
  text: string;
  /** The text goes on. */
  truncated: boolean;
  occurredAt: Date;
  conversationId: string | null;
  messageIds: string[] | null;
  role: MessageRole | null;
  author: string | null;
  seq: number | null;
  user: string | null;
  kind: string | null;
  title: string | null;
  tags: string[] | null;
  importance: number | null;
  validFrom: Date | null;
  validTo: Date | null;
  supersededById: string | null;
};
