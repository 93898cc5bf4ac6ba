import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { tenantKey, text, textOf, texts, time, timestamps, uuid } from './columns.js';

export type OauthGrantKind = 'consent' | 'authorization_code' | 'access_token' | 'refresh_token';
export type OauthGrantRole = 'user' | 'service' | 'admin';

/** A question, code or token on the way from a user's sign-in to a client's access; only its hash is stored. */
export class OauthGrant extends Model<InferAttributes<OauthGrant>, InferCreationAttributes<OauthGrant>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare clientId: string;
  declare userId: string;
  declare credentialId: string;
  /** Shared by everything that one sign-in led to: reuse of a spent token revokes the family. */
  declare familyId: string;
  declare kind: OauthGrantKind;
  declare tokenHash: string;
  declare role: CreationOptional<OauthGrantRole>;
  declare scopes: CreationOptional<string[]>;
  declare redirectUri: string | null;
  /** Of PKCE, always S256. */
  declare codeChallenge: string | null;
  /** The server that the access is for (RFC 8707). */
  declare resource: string;
  /** A password changed after it ends the grant. */
  declare signedInAt: Date;
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
      credentialId: uuid(),
      familyId: uuid(),
      kind: text(),
      tokenHash: text(),
      role: textOf('user'),
      scopes: texts(),
      redirectUri: DataTypes.TEXT,
      codeChallenge: DataTypes.TEXT,
      resource: text(),
      signedInAt: time(),
      expiresAt: time(),
      usedAt: DataTypes.DATE,
      revokedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'OauthGrant', tableName: 'oauth_grants' },
  );
}
