import { DataTypes, type ModelAttributeColumnOptions } from 'sequelize';
import { newId } from '../ids.js';

// Functions, not constants: Sequelize writes into the column objects it is given.
type Column = ModelAttributeColumnOptions;

/** Both halves of the primary key of a tenant-owned table, the tenant first. */
export const tenantKey = (): { tenantId: Column; id: Column } => ({
  tenantId: { type: DataTypes.TEXT, allowNull: false, primaryKey: true },
  id: { type: DataTypes.UUID, allowNull: false, primaryKey: true, defaultValue: newId },
});

export const timestamps = (): { createdAt: Column; updatedAt: Column } => ({ createdAt: time(), updatedAt: time() });

export const text = (): Column => ({ type: DataTypes.TEXT, allowNull: false });
export const uuid = (): Column => ({ type: DataTypes.UUID, allowNull: false });
export const time = (): Column => ({ type: DataTypes.DATE, allowNull: false });
export const timeNow = (): Column => ({ ...time(), defaultValue: DataTypes.NOW });
export const integer = (): Column => ({ type: DataTypes.INTEGER, allowNull: false });
export const counter = (): Column => ({ ...integer(), defaultValue: 0 });
export const bigCounter = (): Column => ({ type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 });
export const boolean = (value: boolean): Column => ({ type: DataTypes.BOOLEAN, allowNull: false, defaultValue: value });
export const textOf = (value: string): Column => ({ ...text(), defaultValue: value });
export const texts = (value: string[] = []): Column => ({ type: DataTypes.ARRAY(DataTypes.TEXT), allowNull: false, defaultValue: value });
export const uuids = (): Column => ({ type: DataTypes.ARRAY(DataTypes.UUID), allowNull: false, defaultValue: [] });
export const object = (): Column => ({ type: DataTypes.JSONB, allowNull: false, defaultValue: {} });
export const embedding = (): Column => ({ type: DataTypes.ARRAY(DataTypes.REAL), allowNull: false });

/** Written by SQL with the tenant's text-search configuration; left out of what a model reads, it is of no use in the process. */
export const search = (): Column => ({ type: DataTypes.TSVECTOR, allowNull: false, defaultValue: '' });
export const withoutSearch = { attributes: { exclude: ['search'] } };
