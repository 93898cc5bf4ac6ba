import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { tenantKey, text, timestamps, uuid } from './columns.js';

/** An attachment: its bytes, or a link to them. */
export class MessageAsset extends Model<InferAttributes<MessageAsset>, InferCreationAttributes<MessageAsset>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare messageId: string;
  declare conversationId: string;
  declare name: string;
  declare mimeType: string;
  declare size: string | null;
  declare sha256: string | null;
  declare uri: string | null;
  declare bytes: Buffer | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMessageAsset(sequelize: Sequelize): typeof MessageAsset {
  return class extends MessageAsset {}.init(
    {
      ...tenantKey(),
      messageId: uuid(),
      conversationId: uuid(),
      name: text(),
      mimeType: text(),
      size: DataTypes.BIGINT,
      sha256: DataTypes.TEXT,
      uri: DataTypes.TEXT,
      bytes: DataTypes.BLOB,
      ...timestamps(),
    },
    { sequelize, modelName: 'MessageAsset', tableName: 'message_assets' },
  );
}
