import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { text, uuid } from './columns.js';
import type { CorpusSource } from './corpus-term.js';

/** Something the statistics do not know of yet: a document to count, or words that are no longer there. */
export class CorpusChange extends Model<InferAttributes<CorpusChange>, InferCreationAttributes<CorpusChange>> {
  declare tenantId: string;
  declare changeId: CreationOptional<string>;
  declare source: CorpusSource;
  declare subjectId: string;
  /** Whose the document is. */
  declare userId: string | null;
  /** The words that are gone; null to count the document as it is. */
  declare removed: string | null;
}

export function defineCorpusChange(sequelize: Sequelize): typeof CorpusChange {
  return class extends CorpusChange {}.init(
    {
      tenantId: { ...text(), primaryKey: true },
      changeId: { type: DataTypes.BIGINT, allowNull: false, primaryKey: true, autoIncrement: true },
      source: text(),
      subjectId: uuid(),
      userId: DataTypes.UUID,
      removed: DataTypes.TSVECTOR,
    },
    { sequelize, modelName: 'CorpusChange', tableName: 'corpus_changes', timestamps: false },
  );
}
