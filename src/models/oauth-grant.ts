import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { tenantKey, text, texts, time, timestamps, uuid } from './columns.js';

/** A code or token that a user gave a client; only its hash is stored. */
export class OauthGrant extends Model<InferAttributes<OauthGrant>, InferCreationAttributes<OauthGrant>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare clientId: string;
  declare userId: string;
  /** Shared by everything that one sign-in led to: reuse of a spent token revokes the family. */
  declare familyId: string;
  declare kind: 'authorization_code' | 'access_token' | 'refresh_token';
  declare tokenHash: string;
  declare scopes: CreationOptional<string[]>;
  declare redirectUri: string | null;
  declare codeChallenge: string | null;
  declare codeChallengeMethod: 'S256' | null;
  declare resource: string | null;
  declare expiresAt: Date;
  declare usedAt: Date | null;
  declare revokedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineOauthGrant(sequelize: Sequelize): typeof OauthGrant {
  return class extends OauthGrant {}.init(
    {
      ...tenantKey(),
      clientId: uuid(),
      userId: uuid(),
      familyId: uuid(),
      kind: text(),
      tokenHash: text(),
      scopes: texts(),
      redirectUri: DataTypes.TEXT,
      codeChallenge: DataTypes.TEXT,
      codeChallengeMethod: DataTypes.TEXT,
      resource: DataTypes.TEXT,
      expiresAt: time(),
      usedAt: DataTypes.DATE,
      revokedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'OauthGrant', tableName: 'oauth_grants' },
  );
}
