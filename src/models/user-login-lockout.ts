import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { counter, text, timeNow, timestamps } from './columns.js';

/** How often signing in under a name failed since it last worked, and until when that name is refused. The name may be nobody's. */
export class UserLoginLockout extends Model<InferAttributes<UserLoginLockout>, InferCreationAttributes<UserLoginLockout>> {
  declare tenantId: string;
  declare identifier: string;
  declare failedAttempts: CreationOptional<number>;
  declare lockedUntil: Date | null;
  declare lastAttemptAt: CreationOptional<Date>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineUserLoginLockout(sequelize: Sequelize): typeof UserLoginLockout {
  return class extends UserLoginLockout {}.init(
    {
      tenantId: { ...text(), primaryKey: true },
      identifier: { ...text(), primaryKey: true },
      failedAttempts: counter(),
      lockedUntil: DataTypes.DATE,
      lastAttemptAt: timeNow(),
      ...timestamps(),
    },
    { sequelize, modelName: 'UserLoginLockout', tableName: 'user_login_lockouts' },
  );
}
