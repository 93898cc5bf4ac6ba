import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, text, timestamps } from './columns.js';
import type { JsonObject } from './json.js';

/** A person that agents talk to. */
export class User extends Model<InferAttributes<User>, InferCreationAttributes<User>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare externalId: string;
  declare displayName: string | null;
  declare profile: CreationOptional<JsonObject>;
  declare documents: CreationOptional<JsonObject>;
  declare metadata: CreationOptional<JsonObject>;
  declare lastSeenAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineUser(sequelize: Sequelize): typeof User {
  return class extends User {}.init(
    {
      ...tenantKey(),
      externalId: text(),
      displayName: DataTypes.TEXT,
      profile: object(),
      documents: object(),
      metadata: object(),
      lastSeenAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'User', tableName: 'users' },
  );
}
