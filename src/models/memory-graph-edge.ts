import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, tenantKey, text, timeNow, timestamps, uuid, uuids } from './columns.js';
import type { JsonObject } from './json.js';

/** A typed relation between two entities, with both clocks. */
export class MemoryGraphEdge extends Model<InferAttributes<MemoryGraphEdge>, InferCreationAttributes<MemoryGraphEdge>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare sourceId: string;
  declare targetId: string;
  declare type: string;
  declare properties: CreationOptional<JsonObject>;
  declare weight: CreationOptional<number>;
  /** Ids of messages or memories. */
  declare evidence: CreationOptional<string[]>;
  declare validFrom: Date | null;
  declare validTo: Date | null;
  declare recordedAt: CreationOptional<Date>;
  declare invalidatedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMemoryGraphEdge(sequelize: Sequelize): typeof MemoryGraphEdge {
  return class extends MemoryGraphEdge {}.init(
    {
      ...tenantKey(),
      sourceId: uuid(),
      targetId: uuid(),
      type: text(),
      properties: object(),
      weight: { type: DataTypes.REAL, allowNull: false, defaultValue: 1 },
      evidence: uuids(),
      validFrom: DataTypes.DATE,
      validTo: DataTypes.DATE,
      recordedAt: timeNow(),
      invalidatedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'MemoryGraphEdge', tableName: 'memory_graph_edges' },
  );
}
