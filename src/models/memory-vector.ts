import { type CreationOptional, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { embedding, integer, object, tenantKey, text, textOf, timestamps, uuid } from './columns.js';
import type { JsonObject } from './json.js';

/** An embedding of a memory or a graph node. */
export class MemoryVector extends Model<InferAttributes<MemoryVector>, InferCreationAttributes<MemoryVector>> {
  declare tenantId: string;
  declare id: CreationOptional<string>;
  declare subjectType: 'memory' | 'node';
  declare subjectId: string;
  declare provider: string;
  declare model: string;
  declare vectorKey: CreationOptional<string>;
  declare dimensions: number;
  declare embedding: number[];
  declare metadata: CreationOptional<JsonObject>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineMemoryVector(sequelize: Sequelize): typeof MemoryVector {
  return class extends MemoryVector {}.init(
    {
      ...tenantKey(),
      subjectType: text(),
      subjectId: uuid(),
      provider: text(),
      model: text(),
      vectorKey: textOf(''),
      dimensions: integer(),
      embedding: embedding(),
      metadata: object(),
      ...timestamps(),
    },
    { sequelize, modelName: 'MemoryVector', tableName: 'memory_vectors' },
  );
}
