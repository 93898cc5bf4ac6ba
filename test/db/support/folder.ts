import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Database } from '../../../src/db/database.js';
import { type DatabaseConfig, openDatabase } from '../../../src/db/open.js';
import { createLog } from '../../../src/log.js';
import { copyTemplate } from '../../support/copy-template.js';

export const quiet = createLog('silent');

/** A data folder of its own for one test, with an engine's files in it; removed afterwards. */
export const freshFolder = async (): Promise<string> => {
  const folder = await emptyFolder();
  copyTemplate(folder);
  return folder;
};

export const emptyFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'recollect-db-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export const configOf = (dataDir: string, changes: Partial<DatabaseConfig> = {}): DatabaseConfig => ({
  url: null,
  dataDir,
  durability: 'fast',
  logSql: false,
  poolMax: 4,
  ...changes,
});

/** Opens a folder for one test and closes it afterwards, whether or not the test did. */
export const openFolder = async (dataDir: string, changes: Partial<DatabaseConfig> = {}): Promise<Database> => {
  const database = await openDatabase(configOf(dataDir, changes), quiet);
  onTestFinished(() => database.close());
  return database;
};

let statements = 0;

/** Runs SQL that is used once; every text gets a statement name of its own. */
export const run = <Row extends object>(database: Database, text: string, values: unknown[] = []): Promise<Row[]> => {
  statements += 1;
  return database.query<Row>({ name: `test_${statements}`, text }, values);
};
