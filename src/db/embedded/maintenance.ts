import { type Engine, runSql } from './engine.js';
import type { Multiplexer } from './multiplexer.js';

const LOOK_EVERY_MS = 5_000;
/** A crash replays this much WAL at most, which takes well under a second; the files are recycled after it. */
const CHECKPOINT_AFTER_BYTES = 32 * 1024 * 1024;

/**
 * What PostgreSQL's background processes do elsewhere: there are none here. Checkpoints when enough was written, busy or not,
 * because WAL grows without limit otherwise; vacuums and analyzes one table at a time, and only when nobody is waiting.
 */
export class Maintenance {
  readonly #timer: NodeJS.Timeout;
  readonly #multiplexer: Multiplexer;

  constructor(multiplexer: Multiplexer) {
    this.#multiplexer = multiplexer;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#multiplexer.between((engine) => checkpointWhenDue(engine));
  }
}

const checkpointWhenDue = (engine: Engine): void => {
  const [row] = runSql(engine, 'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), (pg_control_checkpoint()).redo_lsn)');
  if (Number(row?.[0]) > CHECKPOINT_AFTER_BYTES) runSql(engine, 'checkpoint');
};
