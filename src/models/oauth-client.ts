import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, text, textOf, texts, timestamps } from './columns.js';
import type { JsonObject } from './json.js';

/** A program that may ask a user for access (RFC 7591). */
export class OauthClient extends Model<InferAttributes<OauthClient>, InferCreationAttributes<OauthClient>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  /** The client_id on the wire. */
  declare externalId: string;
  declare name: string | null;
  declare secretHash: string | null;
  declare secretExpiresAt: Date | null;
  declare redirectUris: CreationOptional<string[]>;
  declare grantTypes: CreationOptional<string[]>;
  declare responseTypes: CreationOptional<string[]>;
  declare tokenEndpointAuthMethod: CreationOptional<'none' | 'client_secret_basic' | 'client_secret_post'>;
  declare scopes: CreationOptional<string[]>;
  declare metadata: CreationOptional<JsonObject>;
  declare disabledAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineOauthClient(sequelize: Sequelize): typeof OauthClient {
  return class extends OauthClient {}.init(
    {
      ...tenantKey(),
      externalId: text(),
      name: DataTypes.TEXT,
      secretHash: DataTypes.TEXT,
      secretExpiresAt: DataTypes.DATE,
      redirectUris: texts(),
      grantTypes: texts(['authorization_code', 'refresh_token']),
      responseTypes: texts(['code']),
      tokenEndpointAuthMethod: textOf('none'),
      scopes: texts(),
      metadata: object(),
      disabledAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'OauthClient', tableName: 'oauth_clients' },
  );
}
