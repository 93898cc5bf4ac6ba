import { errorOf, rowsOf, simpleQuery } from './wire.js';

/** One PostgreSQL session that answers wire messages at once, on the calling thread. */
export interface Engine {
  /** Runs messages up to a Sync or simple query and returns the whole answer. Throws only when the engine is beyond use. */
  execute(messages: Buffer): Buffer;
}

/** Runs plain SQL outside of any client; the rows are text. */
export const runSql = (engine: Engine, sql: string): (string | null)[][] => {
  const answer = engine.execute(simpleQuery(sql));
  const error = errorOf(answer);
  if (error !== null) throw new Error(error);
  return rowsOf(answer);
};
