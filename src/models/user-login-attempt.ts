import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, text, timeNow, timestamps } from './columns.js';
import type { JsonObject } from './json.js';

/** One attempt to sign in, kept for audit; unknown names are recorded too. */
export class UserLoginAttempt extends Model<InferAttributes<UserLoginAttempt>, InferCreationAttributes<UserLoginAttempt>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare credentialId: string | null;
  declare identifier: string;
  declare succeeded: boolean;
  declare reason: string | null;
  declare client: CreationOptional<JsonObject>;
  declare attemptedAt: CreationOptional<Date>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineUserLoginAttempt(sequelize: Sequelize): typeof UserLoginAttempt {
  return class extends UserLoginAttempt {}.init(
    {
      ...tenantKey(),
      credentialId: DataTypes.UUID,
      identifier: text(),
      succeeded: { type: DataTypes.BOOLEAN, allowNull: false },
      reason: DataTypes.TEXT,
      client: object(),
      attemptedAt: timeNow(),
      ...timestamps(),
    },
    { sequelize, modelName: 'UserLoginAttempt', tableName: 'user_login_attempts' },
  );
}
