import { type CreationOptional, DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { boolean, counter, text, timeNow, timestamps } from './columns.js';

export type JobStatus = 'running' | 'succeeded' | 'failed' | 'stopped';

/** A scheduled job of this installation. */
export class Job extends Model<InferAttributes<Job>, InferCreationAttributes<Job>> {
  declare name: string;
  /** A cron expression. */
  declare schedule: string;
  declare enabled: CreationOptional<boolean>;
  /** The last due time that some process took. */
  declare slot: CreationOptional<Date>;
  /** The run under way. */
  declare holder: string | null;
  declare heldUntil: Date | null;
  /** How often the slot was tried without success. */
  declare failures: CreationOptional<number>;
  declare retryAt: Date | null;
  declare lastStartedAt: Date | null;
  declare lastFinishedAt: Date | null;
  declare lastStatus: JobStatus | null;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export function defineJob(sequelize: Sequelize): typeof Job {
  return class extends Job {}.init(
    {
      name: { ...text(), primaryKey: true },
      schedule: text(),
      enabled: boolean(true),
      slot: timeNow(),
      holder: DataTypes.UUID,
      heldUntil: DataTypes.DATE,
      failures: counter(),
      retryAt: DataTypes.DATE,
      lastStartedAt: DataTypes.DATE,
      lastFinishedAt: DataTypes.DATE,
      lastStatus: DataTypes.TEXT,
      ...timestamps(),
    },
    { sequelize, modelName: 'Job', tableName: 'jobs' },
  );
}
