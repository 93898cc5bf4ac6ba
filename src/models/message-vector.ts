import { type CreationOptional, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { embedding, integer, object, tenantKey, text, textOf, timestamps, uuid } from './columns.js';
import type { JsonObject } from './json.js';

/** An embedding of a message; several models may stand side by side. */
export class MessageVector extends Model<InferAttributes<MessageVector>, InferCreationAttributes<MessageVector>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare messageId: string;
  declare conversationId: string;
  declare provider: string;
  declare model: string;
  declare vectorKey: CreationOptional<string>;
  declare dimensions: number;
  declare embedding: number[];
  declare metadata: CreationOptional<JsonObject>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMessageVector(sequelize: Sequelize): typeof MessageVector {
  return class extends MessageVector {}.init(
    {
      ...tenantKey(),
      messageId: uuid(),
      conversationId: uuid(),
      provider: text(),
      model: text(),
      vectorKey: textOf(''),
      dimensions: integer(),
      embedding: embedding(),
      metadata: object(),
      ...timestamps(),
    },
    { sequelize, modelName: 'MessageVector', tableName: 'message_vectors' },
  );
}
