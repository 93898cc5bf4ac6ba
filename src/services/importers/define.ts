import type { Content, JsonObject, MessageRole } from '../../repository/records.js';
import type { NewAsset } from '../../repository/turns.js';

export type ImportedMessage = Readonly<{
  /** What the other program calls it; the same in every export of it. Unique in its conversation. */
  id: string;
  role: MessageRole;
  content: Content;
  author?: string | undefined;
  /** text, tool_call, tool_result, summary…; by default what it holds. */
  type?: string | undefined;
  createdAt?: Date | undefined;
  toolCalls?: JsonObject[] | undefined;
  toolResults?: JsonObject[] | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  metadata?: JsonObject | undefined;
  assets?: NewAsset[] | undefined;
}>;

/** A whole dialogue, in the order it was said. */
export type ImportedConversation = Readonly<{
  kind: 'conversation';
  /** What the other program calls it. With the name of the format it is its `conversation_key` here. */
  id: string;
  title?: string | undefined;
  topic?: string | undefined;
  platform?: string | undefined;
  /** External id of whose it is. Without, whoever the import is for. */
  user?: string | undefined;
  metadata?: JsonObject | undefined;
  /** Id of a conversation that it left: what that one has already is not stored once more. */
  partOf?: string | undefined;
  messages: readonly ImportedMessage[];
}>;

export type ImportedMemory = Readonly<{
  kind: 'memory';
  id: string;
  content: string;
  memoryKind?: 'fact' | 'preference' | 'event' | 'summary' | 'procedure' | 'note' | undefined;
  title?: string | undefined;
  tags?: readonly string[] | undefined;
  importance?: number | undefined;
  user?: string | undefined;
  occurredAt?: Date | undefined;
  /** When the other program last changed it. */
  updatedAt?: Date | undefined;
  metadata?: JsonObject | undefined;
}>;

/** A node of the memory graph, known by its key. */
export type ImportedEntity = Readonly<{
  kind: 'entity';
  graph?: string | undefined;
  key: string;
  label?: string | undefined;
  type?: string | undefined;
  properties?: JsonObject | undefined;
  observations?: readonly string[] | undefined;
}>;

export type ImportedRelation = Readonly<{ kind: 'relation'; graph?: string | undefined; source: string; target: string; type: string }>;

/** Something of the file that cannot be taken. */
export type Rejected = Readonly<{
  kind: 'rejected';
  /** Where in the file: `conversations[3]`, `line 12`. */
  where: string;
  why: string;
}>;

export const rejected = (where: string, why: string): Rejected => ({ kind: 'rejected', where, why });

/** Where an item is in the file, for the report. */
export type ImportItem = (ImportedConversation | ImportedMemory | ImportedEntity | ImportedRelation) & Readonly<{ where: string }>;

/** The bytes of a file, readable once. */
export type ImportSource = AsyncIterable<Uint8Array>;

/**
 * A foreign format: what it is called, how it is told from the others, and how it is read. `read` goes through the file once, without
 * holding more of it than one item; it throws only when nothing more can be read, and what it gave until then stands.
 */
export type Importer = Readonly<{
  /** What `--format` calls it, in kebab-case; part of the keys of what is imported, so it never changes. */
  name: string;
  title: string;
  /** How sure it is of the beginning of a file (up to 64 kB as text): 0 not at all, 1 certain. The surest reads it. */
  detect(head: string): number;
  read(source: ImportSource): AsyncIterable<ImportItem | Rejected>;
}>;

/** Ties the parts together; does nothing at run time. */
export const defineImporter = (importer: Importer): Importer => importer;
