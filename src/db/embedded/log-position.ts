import { type Engine, runSql } from './engine.js';

/** The end of the write-ahead log in bytes: it moves when, and as far as, anything is written. */
export const logPosition = (engine: Engine): number => Number(runSql(engine, "select pg_current_wal_insert_lsn() - '0/0'")[0]?.[0]);
