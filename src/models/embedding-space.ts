import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  literal,
  Model,
  type Sequelize,
} from 'sequelize';
import { integer, tenantKey, text, textOf, timeNow, timestamps } from './columns.js';

/** How far one model of ours has come in embedding what a tenant has. */
export class EmbeddingSpace extends Model<InferAttributes<EmbeddingSpace>, InferCreationAttributes<EmbeddingSpace>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare provider: string;
  declare model: string;
  declare dimensions: number;
  declare queryPrefix: CreationOptional<string>;
  declare documentPrefix: CreationOptional<string>;
  /** The events of all transactions that this snapshot knows have been looked at. */
  declare seen: CreationOptional<string>;
  declare walkDueAt: CreationOptional<Date>;
  /** Where the walk over all messages stands; null before its beginning. */
  declare walkAfter: string | null;
  /** When it first had everything: since then it answers queries. */
  declare coveredAt: Date | null;
  declare workerId: string | null;
  declare workerUntil: Date | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineEmbeddingSpace(sequelize: Sequelize): typeof EmbeddingSpace {
  return class extends EmbeddingSpace {}.init(
    {
      ...tenantKey(),
      provider: text(),
      model: text(),
      dimensions: integer(),
      queryPrefix: textOf(''),
      documentPrefix: textOf(''),
      seen: { ...text(), defaultValue: literal('pg_current_snapshot()::text') },
      walkDueAt: timeNow(),
      walkAfter: DataTypes.UUID,
      coveredAt: DataTypes.DATE,
      workerId: DataTypes.UUID,
      workerUntil: DataTypes.DATE,
      ...timestamps(),
    },
    { sequelize, modelName: 'EmbeddingSpace', tableName: 'embedding_spaces' },
  );
}
