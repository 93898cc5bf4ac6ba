import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  literal,
  Model,
  type Sequelize,
} from 'sequelize';
import { text, timeNow, uuid } from './columns.js';
import type { JsonObject } from './json.js';

export type MessageEventType = 'created' | 'updated' | 'edited' | 'deleted' | 'restored' | 'cleared' | 'purged' | 'status_changed';

/** What happened to a message or conversation. Append-only; outlives what it tells of. */
export class MessageEvent extends Model<InferAttributes<MessageEvent>, InferCreationAttributes<MessageEvent>> {
  declare tenantId: string;
  /** The writing transaction: readers compare it with their snapshot. */
  declare xactId: CreationOptional<string>;
  declare eventSeq: CreationOptional<string>;
  declare conversationId: string;
  declare messageId: string | null;
  /** Owner of the conversation. */
  declare userId: string | null;
  declare type: MessageEventType;
  declare actor: string | null;
  declare before: JsonObject | null;
  declare after: JsonObject | null;
  declare occurredAt: CreationOptional<Date>;
}

export function defineMessageEvent(sequelize: Sequelize): typeof MessageEvent {
  return class extends MessageEvent {}.init(
    {
      tenantId: { ...text(), primaryKey: true },
      xactId: { type: DataTypes.BIGINT, allowNull: false, primaryKey: true, defaultValue: literal('pg_current_xact_id()::text::bigint') },
      eventSeq: { type: DataTypes.BIGINT, allowNull: false, primaryKey: true, autoIncrement: true },
      conversationId: uuid(),
      messageId: DataTypes.UUID,
      userId: DataTypes.UUID,
      type: text(),
      actor: DataTypes.TEXT,
      before: DataTypes.JSONB,
      after: DataTypes.JSONB,
      occurredAt: timeNow(),
    },
    { sequelize, modelName: 'MessageEvent', tableName: 'message_events', timestamps: false },
  );
}
