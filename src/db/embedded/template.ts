import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../log.js';
import type { Database, Statement } from '../database.js';
import { ENGINE, pgDataOf } from './data-dir.js';
import { openEmbedded } from './open-embedded.js';
import { packTemplate } from './template-archive.js';

const MIGRATIONS: Statement = { name: 'template_migrations', text: 'select name from schema_migrations order by name' };

/** Makes the archive that a first start unpacks instead of running initdb and every migration. `prepare` brings the schema in. */
export const createTemplate = async (outFile: string, prepare: (database: Database) => Promise<void>): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'recollect-template-'));
  try {
    const database = await openEmbedded({ dataDir, durability: 'fast', logSql: false, poolMax: 1 }, createLog('warn'), null);
    let migrations: { name: string }[];
    try {
      await prepare(database);
      migrations = await database.query<{ name: string }>(MIGRATIONS, []);
    } finally {
      await database.close();
    }
    await packTemplate(pgDataOf(dataDir), outFile, { engine: ENGINE, migrations: migrations.map(({ name }) => name) });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
};
