import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { counter, tenantKey, text, texts, timeNow, timestamps, uuid } from './columns.js';

/** A local account. */
export class UserCredential extends Model<InferAttributes<UserCredential>, InferCreationAttributes<UserCredential>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare userId: string;
  declare username: string;
  declare email: string | null;
  declare passwordHash: string;
  declare roles: CreationOptional<string[]>;
  declare failedAttempts: CreationOptional<number>;
  declare lockedUntil: Date | null;
  declare passwordChangedAt: CreationOptional<Date>;
  declare lastLoginAt: Date | null;
  declare disabledAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineUserCredential(sequelize: Sequelize): typeof UserCredential {
  return class extends UserCredential {}.init(
    {
      ...tenantKey(),
      userId: uuid(),
      username: text(),
      email: DataTypes.TEXT,
      passwordHash: text(),
      roles: texts(['user']),
      failedAttempts: counter(),
      lockedUntil: DataTypes.DATE,
      passwordChangedAt: timeNow(),
      lastLoginAt: DataTypes.DATE,
      disabledAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'UserCredential', tableName: 'user_credentials' },
  );
}
