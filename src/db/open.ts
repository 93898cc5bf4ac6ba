import type { Log } from '../log.js';
import type { Database } from './database.js';
import type { RowSecurityMode } from './row-security-modes.js';

export type DatabaseConfig = Readonly<{
  /** A PostgreSQL server; null for the embedded engine in `dataDir`. */
  url: string | null;
  dataDir: string;
  durability: 'full' | 'fast';
  logSql: boolean;
  poolMax: number;
  /** On a server: whether its own policies keep tenants apart, and the role that tenants are served under. */
  rowSecurity?: RowSecurityMode;
  rowSecurityRole?: string;
}>;

export const openDatabase = async ({ url, ...config }: DatabaseConfig, log: Log): Promise<Database> => {
  if (url !== null) return (await import('./postgres.js')).openPostgres({ ...config, url }, log);
  return (await import('./embedded/open-embedded.js')).openEmbedded(config, log);
};
