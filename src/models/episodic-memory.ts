import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { counter, object, search, tenantKey, text, textOf, texts, timestamps, uuids, withoutSearch } from './columns.js';
import type { JsonObject } from './json.js';

/** Something worth remembering, with where it came from. */
export class EpisodicMemory extends Model<InferAttributes<EpisodicMemory>, InferCreationAttributes<EpisodicMemory>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare userId: string | null;
  declare conversationId: string | null;
  /** The evidence. */
  declare messageIds: CreationOptional<string[]>;
  declare kind: CreationOptional<'fact' | 'preference' | 'event' | 'summary' | 'procedure' | 'note'>;
  declare title: string | null;
  declare content: string;
  declare contentHash: string;
  declare tags: CreationOptional<string[]>;
  declare importance: CreationOptional<number>;
  declare source: CreationOptional<'user' | 'agent' | 'import' | 'system'>;
  declare confidence: number | null;
  declare metadata: CreationOptional<JsonObject>;
  /** The caller's own id: storing again under it changes nothing. */
  declare clientId: string | null;
  declare occurredAt: Date | null;
  declare validFrom: Date | null;
  declare validTo: Date | null;
  declare supersedesId: string | null;
  declare supersededById: string | null;
  /** The end of its valid time before it was superseded; undoing gives it back. */
  declare validToBefore: Date | null;
  declare expiresAt: Date | null;
  declare deletedAt: Date | null;
  declare accessCount: CreationOptional<number>;
  declare lastAccessedAt: Date | null;
  declare search: CreationOptional<string>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineEpisodicMemory(sequelize: Sequelize): typeof EpisodicMemory {
  return class extends EpisodicMemory {}.init(
    {
      ...tenantKey(),
      userId: DataTypes.UUID,
      conversationId: DataTypes.UUID,
      messageIds: uuids(),
      kind: textOf('fact'),
      title: DataTypes.TEXT,
      content: text(),
      contentHash: text(),
      tags: texts(),
      importance: { type: DataTypes.REAL, allowNull: false, defaultValue: 0.5 },
      source: textOf('agent'),
      confidence: DataTypes.REAL,
      metadata: object(),
      clientId: DataTypes.TEXT,
      occurredAt: DataTypes.DATE,
      validFrom: DataTypes.DATE,
      validTo: DataTypes.DATE,
      supersedesId: DataTypes.UUID,
      supersededById: DataTypes.UUID,
      validToBefore: DataTypes.DATE,
      expiresAt: DataTypes.DATE,
      deletedAt: DataTypes.DATE,
      accessCount: counter(),
      lastAccessedAt: DataTypes.DATE,
      search: search(),
      ...timestamps(),
    },
    { sequelize, modelName: 'EpisodicMemory', tableName: 'episodic_memories', defaultScope: withoutSearch },
  );
}
