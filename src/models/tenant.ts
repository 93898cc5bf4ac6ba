import { type CreationOptional, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { object, text, textOf, timestamps } from './columns.js';
import type { JsonObject } from './json.js';

/** An isolated customer or household. */
export class Tenant extends Model<InferAttributes<Tenant>, InferCreationAttributes<Tenant>> {
  declare id: string;
  declare name: string;
  /** Name of the PostgreSQL text-search configuration that its texts are indexed with. */
  declare textSearchConfig: CreationOptional<string>;
  /** Retention overrides and quotas. */
  declare settings: CreationOptional<JsonObject>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineTenant(sequelize: Sequelize): typeof Tenant {
  return class extends Tenant {}.init(
    {
      id: { ...text(), primaryKey: true },
      name: text(),
      textSearchConfig: textOf('english'),
      settings: object(),
      ...timestamps(),
    },
    { sequelize, modelName: 'Tenant', tableName: 'tenants' },
  );
}
