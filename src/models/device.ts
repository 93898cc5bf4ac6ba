import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, text, timestamps } from './columns.js';
import type { JsonObject } from './json.js';

/** A channel endpoint that conversations come from. */
export class Device extends Model<InferAttributes<Device>, InferCreationAttributes<Device>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare externalId: string;
  declare platform: string | null;
  declare name: string | null;
  declare metadata: CreationOptional<JsonObject>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineDevice(sequelize: Sequelize): typeof Device {
  return class extends Device {}.init(
    {
      ...tenantKey(),
      externalId: text(),
      platform: DataTypes.TEXT,
      name: DataTypes.TEXT,
      metadata: object(),
      ...timestamps(),
    },
    { sequelize, modelName: 'Device', tableName: 'devices' },
  );
}
