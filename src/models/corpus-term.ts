import { type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { integer, text, uuid } from './columns.js';

export type CorpusSource = 'message' | 'memory' | 'node';

/** In how many documents of a scope a word stands. */
export class CorpusTerm extends Model<InferAttributes<CorpusTerm>, InferCreationAttributes<CorpusTerm>> {
  declare tenantId: string;
  declare source: CorpusSource;
  /** Zero is the whole tenant, any other the row id of a user. */
  declare scopeId: string;
  declare lexeme: string;
  declare documents: number;
}

export function defineCorpusTerm(sequelize: Sequelize): typeof CorpusTerm {
  return class extends CorpusTerm {}.init(
    {
      tenantId: { ...text(), primaryKey: true },
      source: { ...text(), primaryKey: true },
      scopeId: { ...uuid(), primaryKey: true },
      lexeme: { ...text(), primaryKey: true },
      documents: integer(),
    },
    { sequelize, modelName: 'CorpusTerm', tableName: 'corpus_terms', timestamps: false },
  );
}
