import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../errors.js';
import { VERSION } from '../../version.js';
import { replaceWhole } from './owner.js';
import { openPglite } from './pglite-engine.js';
import { draftOf, type Fingerprint, unpackTemplate } from './template-archive.js';

/** The PostgreSQL major of the embedded engine: its files can be read by no other. */
export const POSTGRES_MAJOR = 18;
/** A template holds files of exactly this build. */
export const ENGINE = `pglite-0.5.14/postgres-${POSTGRES_MAJOR}`;

export type Origin = 'existing' | 'template' | 'initdb';

/** Creates the folder, private to the user, and answers its real path: all processes must agree on one name. */
export const createDataDir = (dataDir: string): string => {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return realpathSync(dataDir);
  } catch (error) {
    throw new AppError('unavailable', `The data folder ${dataDir} cannot be created.`, {
      hint: 'Set RECOLLECT_DATA_DIR to a folder that you may write to.',
      cause: error,
    });
  }
};

export const pgDataOf = (dataDir: string): string => join(dataDir, 'pgdata');

/** Checks that this program can read what is in the folder; fills an empty one from the template or, without one, by initdb. */
export const preparePgData = async (dataDir: string, templateFile: string | null, durable: boolean): Promise<Origin> => {
  const pgData = pgDataOf(dataDir);
  const origin = existsSync(join(pgData, 'PG_VERSION')) ? 'existing' : await fill(dataDir, pgData, templateFile, durable);
  const major = Number(readFileSync(join(pgData, 'PG_VERSION'), 'utf8'));
  if (major !== POSTGRES_MAJOR)
    throw new AppError(
      'unavailable',
      `The data folder ${dataDir} was made with PostgreSQL ${major}; this program contains ${POSTGRES_MAJOR}.`,
      {
        hint: `Export it with the program version named in ${join(dataDir, 'VERSION.json')} and import it here, or choose another RECOLLECT_DATA_DIR.`,
      },
    );
  writeVersion(dataDir);
  return origin;
};

const fill = async (dataDir: string, pgData: string, templateFile: string | null, durable: boolean): Promise<Origin> => {
  for (const name of readdirSync(dataDir)) if (name.endsWith('.draft')) rmSync(join(dataDir, name), { recursive: true, force: true });
  if (templateFile !== null && existsSync(templateFile)) {
    const { migrations } = await import('../../../migrations/index.js');
    const known = new Set(migrations.map(({ name }) => name));
    const fits = ({ engine, migrations: names }: Fingerprint): boolean => engine === ENGINE && names.every((name) => known.has(name));
    if (await unpackTemplate(templateFile, pgData, fits, durable)) return 'template';
  }
  const draft = draftOf(pgData);
  const engine = await openPglite(draft, durable ? 'full' : 'fast');
  await engine.close();
  renameSync(draft, pgData);
  return 'initdb';
};

/** Says, for people and for later versions, what can read the folder. */
const writeVersion = (dataDir: string): void => {
  const file = join(dataDir, 'VERSION.json');
  const content = `${JSON.stringify({ postgres: POSTGRES_MAJOR, engine: ENGINE, lastOpenedBy: VERSION }, null, 2)}\n`;
  if (!existsSync(file) || readFileSync(file, 'utf8') !== content) replaceWhole(file, content);
};
