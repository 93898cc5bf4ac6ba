import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { tenantKey, text, textOf, texts, timestamps } from './columns.js';

/** A bearer key for HTTP, known by its prefix and the hash of its secret. */
export class ApiToken extends Model<InferAttributes<ApiToken>, InferCreationAttributes<ApiToken>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare userId: string | null;
  declare name: string;
  declare role: CreationOptional<'user' | 'service' | 'admin'>;
  declare scopes: CreationOptional<string[]>;
  declare prefix: string;
  declare tokenHash: string;
  declare expiresAt: Date | null;
  declare lastUsedAt: Date | null;
  declare revokedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineApiToken(sequelize: Sequelize): typeof ApiToken {
  return class extends ApiToken {}.init(
    {
      ...tenantKey(),
      userId: DataTypes.UUID,
      name: text(),
      role: textOf('service'),
      scopes: texts(),
      prefix: text(),
      tokenHash: text(),
      expiresAt: DataTypes.DATE,
      lastUsedAt: DataTypes.DATE,
      revokedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'ApiToken', tableName: 'api_tokens' },
  );
}
