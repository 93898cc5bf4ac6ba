import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { tenantKey, text, time, timestamps, uuid } from './columns.js';

/** One outstanding password reset; the token itself is never stored. */
export class PasswordResetToken extends Model<InferAttributes<PasswordResetToken>, InferCreationAttributes<PasswordResetToken>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare credentialId: string;
  declare tokenHash: string;
  declare expiresAt: Date;
  declare usedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function definePasswordResetToken(sequelize: Sequelize): typeof PasswordResetToken {
  return class extends PasswordResetToken {}.init(
    {
      ...tenantKey(),
      credentialId: uuid(),
      tokenHash: text(),
      expiresAt: time(),
      usedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'PasswordResetToken', tableName: 'password_reset_tokens' },
  );
}
