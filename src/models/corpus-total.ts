import { type CreationOptional, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { bigCounter, counter, text, timeNow, uuid } from './columns.js';
import type { CorpusSource } from './corpus-term.js';

/** How many documents a scope has, and how many words they have together. */
export class CorpusTotal extends Model<InferAttributes<CorpusTotal>, InferCreationAttributes<CorpusTotal>> {
  declare tenantId: string;
  declare source: CorpusSource;
  /** Zero is the whole tenant, any other the row id of a user. */
  declare scopeId: string;
  declare documents: CreationOptional<number>;
  declare length: CreationOptional<string>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineCorpusTotal(sequelize: Sequelize): typeof CorpusTotal {
  return class extends CorpusTotal {}.init(
    {
      tenantId: { ...text(), primaryKey: true },
      source: { ...text(), primaryKey: true },
      scopeId: { ...uuid(), primaryKey: true },
      documents: counter(),
      length: bigCounter(),
      updatedAt: timeNow(),
    },
    { sequelize, modelName: 'CorpusTotal', tableName: 'corpus_totals', timestamps: false },
  );
}
