import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, text, timeNow, timestamps } from './columns.js';
import type { JsonObject } from './json.js';

/** One login or app session of a user. */
export class Session extends Model<InferAttributes<Session>, InferCreationAttributes<Session>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare userId: string | null;
  declare externalId: string;
  declare startedAt: CreationOptional<Date>;
  declare lastSeenAt: CreationOptional<Date>;
  declare endedAt: Date | null;
  declare metadata: CreationOptional<JsonObject>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineSession(sequelize: Sequelize): typeof Session {
  return class extends Session {}.init(
    {
      ...tenantKey(),
      userId: DataTypes.UUID,
      externalId: text(),
      startedAt: timeNow(),
      lastSeenAt: timeNow(),
      endedAt: DataTypes.DATE,
      metadata: object(),
      ...timestamps(),
    },
    { sequelize, modelName: 'Session', tableName: 'sessions' },
  );
}
