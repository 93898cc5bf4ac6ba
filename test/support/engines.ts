import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { Database } from '../../src/db/database.js';
import { type DatabaseConfig, openDatabase } from '../../src/db/open.js';
import { createLog } from '../../src/log.js';
import type { Models } from '../../src/models/index.js';
import { copyTemplate } from './copy-template.js';
import { createDatabase, dropDatabase, newDatabaseName, withDatabase } from './databases.js';
import { modelsOf } from './store.js';

/** A database of its own for one suite, on one engine. */
export interface TestEngine {
  readonly name: 'embedded' | 'postgres';
  readonly db: Database;
  readonly models: Models;
  /** Opens the same database once more: in this process, or handed to another one. */
  readonly config: DatabaseConfig;
  /** A new, empty tenant: tests of one suite share a database and never see each other's rows. */
  freshTenant(): Promise<string>;
}

/** Runs `suite` on the embedded engine and on a PostgreSQL server, each with a database of its own, the whole schema in it. */
export function describeEngines(name: string, suite: (engine: TestEngine) => void): void {
  describe(`${name} (embedded)`, () => suite(prepare('embedded', openEmbedded)));
  const server = inject('postgres');
  if (server) describe(`${name} (postgres)`, () => suite(prepare('postgres', () => openPostgres(server))));
  else describe.skip(`${name} (postgres)`, () => suite(prepare('postgres', () => Promise.reject(new Error('No server.')))));
}

type Opened = { config: DatabaseConfig; remove(): Promise<void> };

function prepare(name: TestEngine['name'], create: () => Promise<Opened>): TestEngine {
  let opened: (Opened & { db: Database }) | undefined;
  let tenants = 0;
  const the = () => {
    if (!opened) throw new Error('The database is open inside tests and hooks only.');
    return opened;
  };
  beforeAll(async () => {
    const created = await create();
    opened = { ...created, db: await openDatabase(created.config, createLog('error')) };
  });
  afterAll(async () => {
    await opened?.db.close();
    await opened?.remove();
  });
  return {
    name,
    get db() {
      return the().db;
    },
    get models() {
      return modelsOf(the().db);
    },
    get config() {
      return the().config;
    },
    async freshTenant() {
      tenants += 1;
      const { id } = await this.models.Tenant.create({ id: `tenant-${tenants}`, name: `Tenant ${tenants}` });
      return id;
    },
  };
}

const options = { durability: 'fast', logSql: false, poolMax: 8 } as const;

async function openEmbedded(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'recollect-data-'));
  const dataDir = join(folder, 'data');
  copyTemplate(dataDir);
  return { config: { ...options, url: null, dataDir }, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function openPostgres({ url, template }: { url: string; template: string }): Promise<Opened> {
  const name = newDatabaseName();
  await createDatabase(url, name, template);
  return { config: { ...options, url: withDatabase(url, name), dataDir: tmpdir() }, remove: () => dropDatabase(url, name) };
}
