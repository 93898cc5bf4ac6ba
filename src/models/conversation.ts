import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { bigCounter, boolean, counter, object, tenantKey, textOf, timeNow, timestamps, uuid } from './columns.js';
import type { JsonObject } from './json.js';
import type { MessageRole } from './message.js';

export type ConversationStatus = 'active' | 'inactive_timeout' | 'inactive_user_terminated' | 'inactive_system_terminated' | 'archived';

/** One continuous dialogue. Its counters equal the truth after every commit. */
export class Conversation extends Model<InferAttributes<Conversation>, InferCreationAttributes<Conversation>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare userId: string | null;
  declare sessionId: string | null;
  declare deviceId: string | null;
  declare platform: string | null;
  declare chatId: string | null;
  declare conversationKey: string | null;
  /** The user whose private key space conversationKey lives in; zero is the tenant's. */
  declare keyOwnerId: CreationOptional<string>;
  declare title: string | null;
  declare topic: string | null;
  declare currentGoal: JsonObject | null;
  declare summary: string | null;
  declare status: CreationOptional<ConversationStatus>;
  declare lastSeq: CreationOptional<number>;
  declare lastTurn: CreationOptional<number>;
  declare lastStretch: CreationOptional<number>;
  declare lastRole: MessageRole | null;
  declare messageCount: CreationOptional<number>;
  declare inputTokens: CreationOptional<string>;
  declare outputTokens: CreationOptional<string>;
  /** What its messages and their attachments take, by the rule of `messageBytes`. */
  declare storedBytes: CreationOptional<string>;
  declare metadata: CreationOptional<JsonObject>;
  declare legalHold: CreationOptional<boolean>;
  declare startedAt: CreationOptional<Date>;
  declare lastMessageAt: Date | null;
  declare lastActivityAt: CreationOptional<Date>;
  declare endedAt: Date | null;
  declare archivedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineConversation(sequelize: Sequelize): typeof Conversation {
  return class extends Conversation {}.init(
    {
      ...tenantKey(),
      userId: DataTypes.UUID,
      sessionId: DataTypes.UUID,
      deviceId: DataTypes.UUID,
      platform: DataTypes.TEXT,
      chatId: DataTypes.TEXT,
      conversationKey: DataTypes.TEXT,
      keyOwnerId: { ...uuid(), defaultValue: '00000000-0000-0000-0000-000000000000' },
      title: DataTypes.TEXT,
      topic: DataTypes.TEXT,
      currentGoal: DataTypes.JSONB,
      summary: DataTypes.TEXT,
      status: textOf('active'),
      lastSeq: counter(),
      lastTurn: counter(),
      lastStretch: counter(),
      lastRole: DataTypes.TEXT,
      messageCount: counter(),
      inputTokens: bigCounter(),
      outputTokens: bigCounter(),
      storedBytes: bigCounter(),
      metadata: object(),
      legalHold: boolean(false),
      startedAt: timeNow(),
      lastMessageAt: DataTypes.DATE,
      lastActivityAt: timeNow(),
      endedAt: DataTypes.DATE,
      archivedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'Conversation', tableName: 'conversations' },
  );
}
