import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  literal,
  Model,
  type Sequelize,
} from 'sequelize';
import { text, uuid } from './columns.js';

/** That a graph changed: the last transaction that did it, and those beside it. */
export class MemoryGraphChange extends Model<InferAttributes<MemoryGraphChange>, InferCreationAttributes<MemoryGraphChange>> {
  declare tenantId: string;
  declare ownerId: string;
  declare graph: string;
  /** Readers compare it with their snapshot. */
  declare xactId: CreationOptional<string>;
}

export function defineMemoryGraphChange(sequelize: Sequelize): typeof MemoryGraphChange {
  return class extends MemoryGraphChange {}.init(
    {
      tenantId: { ...text(), primaryKey: true },
      ownerId: { ...uuid(), primaryKey: true },
      graph: { ...text(), primaryKey: true },
      xactId: { type: DataTypes.BIGINT, allowNull: false, primaryKey: true, defaultValue: literal('pg_current_xact_id()::text::bigint') },
    },
    { sequelize, modelName: 'MemoryGraphChange', tableName: 'memory_graph_changes', timestamps: false },
  );
}
