import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { integer, text, uuid } from './columns.js';

/** How many messages of a role were said on a day, and their tokens. Brought up to date with the statistics of words. */
export class MessageDay extends Model<InferAttributes<MessageDay>, InferCreationAttributes<MessageDay>> {
  declare tenantId: string;
  /** Zero is the whole tenant, any other the row id of a user. */
  declare scopeId: string;
  /** In UTC. */
  declare day: string;
  declare role: string;
  declare messages: number;
  declare tokens: string;
}

export function defineMessageDay(sequelize: Sequelize): typeof MessageDay {
  return class extends MessageDay {}.init(
    {
      tenantId: { ...text(), primaryKey: true },
      scopeId: { ...uuid(), primaryKey: true },
      day: { type: DataTypes.DATEONLY, allowNull: false, primaryKey: true },
      role: { ...text(), primaryKey: true },
      messages: integer(),
      tokens: { type: DataTypes.BIGINT, allowNull: false },
    },
    { sequelize, modelName: 'MessageDay', tableName: 'message_days', timestamps: false },
  );
}
