import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, search, tenantKey, text, textOf, timeNow, timestamps, uuid, withoutSearch } from './columns.js';
import type { JsonObject } from './json.js';

/** An entity: its identity, and what is believed of it now. */
export class MemoryGraphNode extends Model<InferAttributes<MemoryGraphNode>, InferCreationAttributes<MemoryGraphNode>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  /** The user whose private graph it is in; zero is the tenant's. */
  declare ownerId: CreationOptional<string>;
  declare graph: CreationOptional<string>;
  declare key: string;
  declare label: string | null;
  declare type: string | null;
  declare properties: CreationOptional<JsonObject>;
  declare validFrom: Date | null;
  declare validTo: Date | null;
  declare recordedAt: CreationOptional<Date>;
  declare invalidatedAt: Date | null;
  declare search: CreationOptional<string>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMemoryGraphNode(sequelize: Sequelize): typeof MemoryGraphNode {
  return class extends MemoryGraphNode {}.init(
    {
      ...tenantKey(),
      ownerId: { ...uuid(), defaultValue: '00000000-0000-0000-0000-000000000000' },
      graph: textOf('main'),
      key: text(),
      label: DataTypes.TEXT,
      type: DataTypes.TEXT,
      properties: object(),
      validFrom: DataTypes.DATE,
      validTo: DataTypes.DATE,
      recordedAt: timeNow(),
      invalidatedAt: DataTypes.DATE,
      search: search(),
      ...timestamps(),
    },
    { sequelize, modelName: 'MemoryGraphNode', tableName: 'memory_graph_nodes', defaultScope: withoutSearch },
  );
}
