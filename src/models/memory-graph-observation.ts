import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { tenantKey, text, timeNow, timestamps, uuid, uuids } from './columns.js';

/** A sentence about an entity, with its source and both clocks. */
export class MemoryGraphObservation extends Model<
  InferAttributes<MemoryGraphObservation>,
  InferCreationAttributes<MemoryGraphObservation>
> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare nodeId: string;
  declare text: string;
  declare textHash: string;
  declare source: string | null;
  /** Ids of messages or memories. */
  declare evidence: CreationOptional<string[]>;
  declare validFrom: Date | null;
  declare validTo: Date | null;
  declare recordedAt: CreationOptional<Date>;
  declare invalidatedAt: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMemoryGraphObservation(sequelize: Sequelize): typeof MemoryGraphObservation {
  return class extends MemoryGraphObservation {}.init(
    {
      ...tenantKey(),
      nodeId: uuid(),
      text: text(),
      textHash: text(),
      source: DataTypes.TEXT,
      evidence: uuids(),
      validFrom: DataTypes.DATE,
      validTo: DataTypes.DATE,
      recordedAt: timeNow(),
      invalidatedAt: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'MemoryGraphObservation', tableName: 'memory_graph_observations' },
  );
}
