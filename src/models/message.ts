import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { counter, integer, object, search, tenantKey, text, textOf, timestamps, uuid, withoutSearch } from './columns.js';
import type { JsonObject } from './json.js';

export type MessageRole = 'user' | 'assistant' | 'system' | 'tool';

/** One message of a turn. */
export class Message extends Model<InferAttributes<Message>, InferCreationAttributes<Message>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare conversationId: string;
  /** 1, 2, 3… in the conversation without a gap at insert; a gap later means a purge. */
  declare seq: number;
  /** 1, 2, 3…: a user message after anything else opens the next turn. */
  declare turn: number;
  /** The stretch of the conversation, without a long pause, that it belongs to. */
  declare stretch: CreationOptional<number>;
  declare userId: string | null;
  declare author: string | null;
  declare role: MessageRole;
  declare type: CreationOptional<string>;
  declare status: CreationOptional<'sent' | 'edited' | 'deleted'>;
  declare content: string | JsonObject[];
  /** What is searched. */
  declare text: string;
  declare toolCalls: JsonObject[] | null;
  declare toolResults: JsonObject[] | null;
  declare inputTokens: number | null;
  declare outputTokens: number | null;
  declare clientMessageId: string | null;
  declare assetCount: CreationOptional<number>;
  declare metadata: CreationOptional<JsonObject>;
  declare search: CreationOptional<string>;
  declare editedAt: Date | null;
  declare deletedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMessage(sequelize: Sequelize): typeof Message {
  return class extends Message {}.init(
    {
      ...tenantKey(),
      conversationId: uuid(),
      seq: integer(),
      turn: integer(),
      stretch: { ...integer(), defaultValue: 1 },
      userId: DataTypes.UUID,
      author: DataTypes.TEXT,
      role: text(),
      type: textOf('text'),
      status: textOf('sent'),
      content: { type: DataTypes.JSONB, allowNull: false },
      text: text(),
      toolCalls: DataTypes.JSONB,
      toolResults: DataTypes.JSONB,
      inputTokens: DataTypes.INTEGER,
      outputTokens: DataTypes.INTEGER,
      clientMessageId: DataTypes.TEXT,
      assetCount: counter(),
      metadata: object(),
      search: search(),
      editedAt: DataTypes.DATE,
      deletedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'Message', tableName: 'messages', defaultScope: withoutSearch },
  );
}
