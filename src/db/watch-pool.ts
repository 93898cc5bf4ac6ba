import type { Sequelize } from 'sequelize';
import type { Metrics } from '../metrics.js';

/** The part of Sequelize's pool that tells how busy it is. */
type Pool = Readonly<{ size: number; using: number; waiting: number; maxSize: number }>;

/** Shows how busy the connections to the database are; nothing while it is not open. */
export function watchPool(metrics: Metrics, current: () => Promise<Sequelize | undefined>): void {
  const read = (value: (pool: Pool) => number) => async () => {
    const sequelize = await current().catch(() => undefined);
    return sequelize ? value((sequelize as unknown as { connectionManager: { pool: Pool } }).connectionManager.pool) : null;
  };
  metrics.watch(
    'recollect_db_pool_connections',
    'Open connections to the database.',
    read(({ size }) => size),
  );
  metrics.watch(
    'recollect_db_pool_in_use',
    'Connections that are running something.',
    read(({ using }) => using),
  );
  metrics.watch(
    'recollect_db_pool_waiting',
    'Calls that wait for a connection.',
    read(({ waiting }) => waiting),
  );
  metrics.watch(
    'recollect_db_pool_max',
    'Most connections at one time.',
    read(({ maxSize }) => maxSize),
  );
}
