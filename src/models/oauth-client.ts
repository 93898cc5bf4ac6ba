import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { newId } from '../ids.js';
import { object, text, textOf, texts, timestamps, uuid } from './columns.js';
import type { JsonObject } from './json.js';

/** A program that may ask people for access (RFC 7591). It registers before any tenant is known, so none owns it. */
export class OauthClient extends Model<InferAttributes<OauthClient>, InferCreationAttributes<OauthClient>> {
  declare id: CreationOptional<string>;
  /** The client_id on the wire: one we made, or the address of the document in which the client describes itself. */
  declare externalId: string;
  declare name: string | null;
  declare secretHash: string | null;
  declare redirectUris: CreationOptional<string[]>;
  declare grantTypes: CreationOptional<string[]>;
  declare tokenEndpointAuthMethod: CreationOptional<'none' | 'client_secret_basic' | 'client_secret_post'>;
  declare scopes: CreationOptional<string[]>;
  declare metadata: CreationOptional<JsonObject>;
  /** When somebody last signed in with it. */
  declare lastUsedAt: Date | null;
  declare disabledAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineOauthClient(sequelize: Sequelize): typeof OauthClient {
  return class extends OauthClient {}.init(
    {
      id: { ...uuid(), primaryKey: true, defaultValue: newId },
      externalId: text(),
      name: DataTypes.TEXT,
      secretHash: DataTypes.TEXT,
      redirectUris: texts(),
      grantTypes: texts(['authorization_code', 'refresh_token']),
      tokenEndpointAuthMethod: textOf('none'),
      scopes: texts(),
      metadata: object(),
      lastUsedAt: DataTypes.DATE,
      disabledAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'OauthClient', tableName: 'oauth_clients' },
  );
}
