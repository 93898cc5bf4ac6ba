import pg from 'pg';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import type { Database, EngineFacts, Statement } from './database.js';
import { tryAdvisoryLock } from './job-lock.js';
import { codeOf } from './pg-errors.js';
import { PooledDatabase } from './pooled-database.js';
import { lookForPooler, type Pooler } from './pooler.js';
import { RowSecurity } from './row-security.js';
import { type RowSecurityMode, TENANT_ROLE } from './row-security-modes.js';

export type PostgresConfig = Readonly<{
  url: string;
  logSql: boolean;
  poolMax: number;
  rowSecurity?: RowSecurityMode | undefined;
  rowSecurityRole?: string | undefined;
}>;

const OLDEST_MAJOR = 14;
const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 15_000;
const SETTING = 'RECOLLECT_DATABASE_URL';

/** Opens a PostgreSQL server; what is wrong with the address is said at once and not tried again. */
export const openPostgres = async (config: PostgresConfig, log: Log): Promise<Database> => {
  const { client, serverMajor, pooler } = await checkServer(clientConfig(config.url));
  const database = new PooledDatabase(
    {
      connection: { client, poolMax: config.poolMax, logSql: config.logSql, settings: 'own' },
      concurrentTransactions: true,
      serverMajor,
      pooler,
      rowSecurity: new RowSecurity(config.rowSecurity ?? 'auto', config.rowSecurityRole ?? TENANT_ROLE, serverMajor),
      tryLock: (name) => tryAdvisoryLock(new pg.Client({ ...client, application_name: `${client.application_name}: ${name}` }), name),
      describe: (db) => describe(db, client, pooler),
      close: async () => undefined,
    },
    log,
  );
  await database.detectCapabilities();
  return database;
};

/** The parts of the URL as `pg` reads them, TLS settings too, with our defaults where it says nothing. */
const clientConfig = (url: string): pg.ClientConfig => {
  let parsed: pg.Client;
  let parameters: URLSearchParams;
  try {
    parsed = new pg.Client({ connectionString: url });
    parameters = new URL(url).searchParams;
  } catch (error) {
    throw new AppError('invalid_input', `${SETTING} is not a PostgreSQL address.`, {
      hint: 'It looks like postgres://user:password@host:5432/database?sslmode=require.',
      cause: error,
    });
  }
  const timeout = parameters.get('statement_timeout');
  return {
    user: parsed.user ?? '',
    password: parsed.password ?? '',
    host: parsed.host,
    port: parsed.port,
    database: parsed.database ?? '',
    ssl: parsed.ssl,
    application_name: parameters.get('application_name') ?? 'recollect',
    statement_timeout: timeout === null ? STATEMENT_TIMEOUT_MS : Number(timeout),
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  };
};

type Server = Readonly<{ client: pg.ClientConfig; serverMajor: number; pooler: Pooler | null }>;

const checkServer = async (config: pg.ClientConfig): Promise<Server> => {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ number: number }>(`select current_setting('server_version_num')::int as number`);
    const major = Math.floor((rows[0]?.number ?? 0) / 10_000);
    if (major < OLDEST_MAJOR)
      throw new AppError('unavailable', `The server runs PostgreSQL ${major}; version ${OLDEST_MAJOR} or later is needed.`, {
        hint: `Upgrade it, or point ${SETTING} to a newer one.`,
      });
    return { client: config, serverMajor: major, pooler: await lookForPooler(client) };
  } catch (error) {
    if (isForeignParameter(error) && config.statement_timeout) return checkServer({ ...config, statement_timeout: 0 });
    throw error instanceof AppError ? error : connectError(error, config);
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** PgBouncer takes no settings with the connection but those that it has been told to ignore. */
const isForeignParameter = (error: unknown): boolean =>
  codeOf(error) === '08P01' && /startup parameter/.test(error instanceof Error ? error.message : '');

const connectError = (error: unknown, { user, host, port, database }: pg.ClientConfig): AppError => {
  const code = codeOf(error) ?? '';
  const say = (message: string, hint: string): AppError => new AppError('unavailable', message, { hint, cause: error });
  if (code === '28P01' || code === '28000')
    return say(`The PostgreSQL server refused the user "${user}".`, `Check user and password in ${SETTING}.`);
  if (code === '3D000')
    return say(`The PostgreSQL server has no database "${database}".`, `Create it (createdb ${database}) or correct ${SETTING}.`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return say(`The host "${host}" is not known.`, `Check the host in ${SETTING}.`);
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return say(`Nothing answers at ${host}:${port}.`, `Start the PostgreSQL server, or check host and port in ${SETTING}.`);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || /CERT|SELF_SIGNED/.test(code))
    return say(`The certificate of ${host} is not trusted.`, `Check sslmode and sslrootcert in ${SETTING}.`);
  return say(`The PostgreSQL server at ${host}:${port} cannot be reached.`, `Check ${SETTING}; the server log has the details.`);
};

const describe = async (
  database: Database,
  { host, port, database: name, user }: pg.ClientConfig,
  pooler: Pooler | null,
): Promise<EngineFacts> => {
  const [row] = await database.query<{ version: string; extensions: EngineFacts['extensions']; bytes: number; connections: number }>(
    FACTS,
    [],
  );
  return {
    engine: 'postgres',
    version: row?.version ?? '',
    location: `postgres://${user}@${host}:${port}/${name}`,
    role: 'client',
    processes: [],
    extensions: row?.extensions ?? [],
    details: {
      databaseBytes: row?.bytes ?? null,
      connections: row?.connections ?? null,
      ...(pooler && { pooler: POOLER[pooler.prepares ? 'prepares' : 'passes'] }),
    },
  };
};

const POOLER = {
  prepares: 'in between: changes made by other processes are seen within two seconds',
  passes:
    'in between, without prepared statements: each one is planned anew, and changes made by other processes are seen within two seconds',
};

const FACTS: Statement = {
  name: 'server_facts',
  text: `select version() as version,
  (select coalesce(json_agg(json_build_object('name', extname, 'version', extversion) order by extname), '[]') from pg_extension) as extensions,
  pg_database_size(current_database())::float8 as bytes,
  (select count(*)::int from pg_stat_activity where datname = current_database()) as connections`,
};
