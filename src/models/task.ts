import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, text, textOf, timestamps } from './columns.js';
import type { JsonObject } from './json.js';

/** A follow-up or reminder that an agent keeps for a user. */
export class Task extends Model<InferAttributes<Task>, InferCreationAttributes<Task>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare userId: string | null;
  declare conversationId: string | null;
  declare messageId: string | null;
  declare title: string;
  declare details: string | null;
  declare status: CreationOptional<'open' | 'done' | 'cancelled'>;
  declare dueAt: Date | null;
  declare metadata: CreationOptional<JsonObject>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineTask(sequelize: Sequelize): typeof Task {
  return class extends Task {}.init(
    {
      ...tenantKey(),
      userId: DataTypes.UUID,
      conversationId: DataTypes.UUID,
      messageId: DataTypes.UUID,
      title: text(),
      details: DataTypes.TEXT,
      status: textOf('open'),
      dueAt: DataTypes.DATE,
      metadata: object(),
      ...timestamps(),
    },
    { sequelize, modelName: 'Task', tableName: 'tasks' },
  );
}
