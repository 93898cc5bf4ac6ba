import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, time, timestamps, uuid } from './columns.js';
import type { JsonObject } from './json.js';

/** What was believed of an entity before. */
export class MemoryGraphNodeVersion extends Model<
  InferAttributes<MemoryGraphNodeVersion>,
  InferCreationAttributes<MemoryGraphNodeVersion>
> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare nodeId: string;
  declare label: string | null;
  declare type: string | null;
  declare properties: CreationOptional<JsonObject>;
  declare validFrom: Date | null;
  declare validTo: Date | null;
  declare recordedAt: Date;
  declare invalidatedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMemoryGraphNodeVersion(sequelize: Sequelize): typeof MemoryGraphNodeVersion {
  return class extends MemoryGraphNodeVersion {}.init(
    {
      ...tenantKey(),
      nodeId: uuid(),
      label: DataTypes.TEXT,
      type: DataTypes.TEXT,
      properties: object(),
      validFrom: DataTypes.DATE,
      validTo: DataTypes.DATE,
      recordedAt: time(),
      invalidatedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'MemoryGraphNodeVersion', tableName: 'memory_graph_node_versions' },
  );
}
