import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildProgram } from './build-program.js';
import { citusWorkers, close, spread } from './citus.js';
import { createDatabase, dropDatabase, newDatabaseName, withDatabase } from './databases.js';
import { MigratingProcess } from './migrating-process.js';
import { startPostgres } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A data folder with the whole schema, closed; copied for each suite. */
    embeddedTemplate: string;
    /** A server and a database on it with the whole schema; null when no server could be had. */
    postgres: { url: string; template: string } | null;
    /** What to start for the program itself, built from the sources. */
    program: string;
  }
}

const options = { durability: 'fast', logSql: false, poolMax: 2 } as const;

/** Makes one migrated template for each engine, once a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'recollect-test-'));
  const cleanUp: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const tearDown = async () => {
    for (const step of cleanUp.reverse()) await step();
  };

  const prepareEmbedded = async () => {
    const dataDir = join(folder, 'template');
    await (await MigratingProcess.start({ ...options, url: null, dataDir })).migrate();
    return dataDir;
  };
  const prepareProgram = () => buildProgram(join(folder, 'program'));
  const preparePostgres = async () => {
    const { url, stop } = await startPostgres();
    cleanUp.push(stop);
    const template = newDatabaseName();
    await createDatabase(url, template);
    cleanUp.push(() => dropDatabase(url, template));
    await (await MigratingProcess.start({ ...options, url: withDatabase(url, template), dataDir: folder })).migrate();
    const workers = citusWorkers();
    if (workers.length > 0) {
      await spread(withDatabase(url, template));
      await close([url, ...workers], template);
    }
    return { url, template };
  };

  const prepared = Promise.all([prepareEmbedded(), prepareProgram()]);
  const [local, postgres] = await Promise.allSettled([prepared, preparePostgres()]);
  if (local.status === 'rejected' || (postgres.status === 'rejected' && process.env.RECOLLECT_TEST_DATABASE_URL)) {
    await tearDown();
    throw local.status === 'rejected' ? local.reason : (postgres as PromiseRejectedResult).reason;
  }
  if (postgres.status === 'rejected') {
    process.stderr.write(`\n*** No PostgreSQL server: every test on it is SKIPPED. ***\n${String(postgres.reason)}\n\n`);
  }
  const [embeddedTemplate, program] = local.value;
  project.provide('embeddedTemplate', embeddedTemplate);
  project.provide('program', program);
  project.provide('postgres', postgres.status === 'fulfilled' ? postgres.value : null);
  return tearDown;
}
