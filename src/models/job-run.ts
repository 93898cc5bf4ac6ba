import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { newId } from '../ids.js';
import { object, text, textOf, timeNow, uuid } from './columns.js';
import type { JobStatus } from './job.js';
import type { JsonObject } from './json.js';

/** One run of a job. */
export class JobRun extends Model<InferAttributes<JobRun>, InferCreationAttributes<JobRun>> {
  declare id: CreationOptional<string>;
  declare job: string;
  /** The tenant it ran for; null for all. */
  declare tenantId: string | null;
  /** The due time it ran for; null for a run that somebody asked for. */
  declare slot: Date | null;
  declare startedAt: CreationOptional<Date>;
  declare finishedAt: Date | null;
  declare status: CreationOptional<JobStatus>;
  declare stats: CreationOptional<JsonObject>;
  declare error: string | null;
}

export function defineJobRun(sequelize: Sequelize): typeof JobRun {
  return class extends JobRun {}.init(
    {
      id: { ...uuid(), primaryKey: true, defaultValue: newId },
      job: text(),
      tenantId: DataTypes.TEXT,
      slot: DataTypes.DATE,
      startedAt: timeNow(),
      finishedAt: DataTypes.DATE,
      status: textOf('running'),
      stats: object(),
      error: DataTypes.TEXT,
    },
    { sequelize, modelName: 'JobRun', tableName: 'job_runs', timestamps: false },
  );
}
