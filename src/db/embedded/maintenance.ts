import { type Engine, runSql } from './engine.js';
import { logPosition } from './log-position.js';
import type { Multiplexer } from './multiplexer.js';
import { PendingLists } from './pending-lists.js';

const LOOK_EVERY_MS = 5_000;
/** So long after a statement it is looked whether anything was written, and whether the writing goes on. */
const FOLLOW_AFTER_MS = 50;
/** After a large write, plans are bad for this long. */
const MEASURE_EVERY_MS = 250;
/** A smaller table has no plan that is bad. */
const SMALL_TABLE_BYTES = 32_768;
/** Others wait while tables are analyzed: a few small ones go together, a large one by itself. */
const ANALYZE_FOR_MS = 100;
const RETRY_MS = 2;
const QUIET_MS = 2_000;
/** A crash replays this much WAL at most, which takes well under a second; the files are recycled after it. */
const CHECKPOINT_AFTER_BYTES = 32 * 1024 * 1024;

const WAL_BYTES = 'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) from pg_control_checkpoint()';

/**
 * The table that needs it most, and what it needs. The counters start from zero with each start of the engine, so a file that
 * has grown since it was last looked at is analyzed too: that estimates its dead rows, and they then ask for a vacuum.
 */
const NEEDY_TABLE = `
select format('%s %I.%I', need, nspname, relname)
from (
  select n.nspname, c.relname, c.relpages,
    case
      when s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0) then 'vacuum (analyze)'
      when s.n_ins_since_vacuum > 1000 + 0.2 * greatest(c.reltuples, 0) then 'vacuum (analyze)'
      when s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0) then 'analyze'
      when pg_relation_size(c.oid) > 131072 + 1.2 * 8192 * c.relpages then 'analyze'
    end as need
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_stat_all_tables s on s.relid = c.oid
  where c.relkind = 'r' and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp%' and n.nspname <> 'information_schema'
) t
where need is not null
order by relpages
limit 1`;

/**
 * A table that has grown so much since it was last analyzed that plans made for it are for another one. Without any statistics
 * the planner takes one tenant's rows for a handful and reads all of them again and again, so this does not wait for a quiet moment.
 */
const GROWN_TABLE = `
with known as materialized (
  select format('analyze %I.%I', n.nspname, c.relname) as command, c.oid, c.relpages
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)
select command from known
where pg_relation_size(oid) > greatest(${SMALL_TABLE_BYTES}, 3 * 8192 * relpages)
order by pg_relation_size(oid) limit 1`;

/**
 * What PostgreSQL's background processes do elsewhere: there are none here. Checkpoints when enough was written, busy or not,
 * because WAL grows without limit otherwise; vacuums and analyzes one table at a time, and only when nobody is waiting.
 */
export class Maintenance {
  readonly #multiplexer: Multiplexer;
  readonly #looking: NodeJS.Timeout;
  readonly #pendingLists = new PendingLists();
  #following: NodeJS.Timeout | undefined;
  /** The end of the log when it was last looked at. */
  #position = Number.NEGATIVE_INFINITY;
  #measured = { at: Number.NEGATIVE_INFINITY, position: Number.NEGATIVE_INFINITY };
  #tidyAt: number | undefined;

  constructor(multiplexer: Multiplexer) {
    this.#multiplexer = multiplexer;
    this.#looking = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    multiplexer.whenRun = () => this.#follow(FOLLOW_AFTER_MS);
  }

  stop(): void {
    this.#multiplexer.whenRun = () => {};
    clearInterval(this.#looking);
    clearTimeout(this.#following);
  }

  look(quietMs = QUIET_MS): void {
    this.#multiplexer.between(checkpointWhenDue);
    if (this.#multiplexer.isIdle(quietMs)) this.#multiplexer.between((engine) => this.#tidy(engine));
  }

  /** Nothing runs where nothing runs: an idle process does not wake up for this. */
  #follow(ms: number): void {
    this.#following ??= setTimeout(() => {
      this.#following = undefined;
      let more = false;
      const wasRun = this.#multiplexer.between((engine) => {
        more = this.#afterWrites(engine);
      });
      // Who writes one transaction after the other leaves short moments only.
      if (!wasRun) this.#follow(RETRY_MS);
      else if (more) this.#follow(FOLLOW_AFTER_MS);
    }, ms).unref();
  }

  /** Whether it should be looked again, though nothing else is run. */
  #afterWrites(engine: Engine): boolean {
    const position = logPosition(engine);
    const goesOn = position !== this.#position;
    this.#position = position;
    const mayHaveGrown = position - this.#measured.position >= SMALL_TABLE_BYTES;
    const now = performance.now();
    if (mayHaveGrown && now - this.#measured.at >= MEASURE_EVERY_MS) {
      const isDone = analyzeGrownTables(engine);
      this.#measured = { at: now, position: isDone ? position : this.#measured.position };
      this.#position = logPosition(engine);
      return true;
    }
    if (goesOn) return true;
    const more = this.#pendingLists.merge(engine);
    this.#position = logPosition(engine);
    return more || mayHaveGrown;
  }

  #tidy(engine: Engine): void {
    if (this.#tidyAt === logPosition(engine)) return;
    if (!tidyOneTable(engine)) this.#tidyAt = logPosition(engine);
  }
}

const checkpointWhenDue = (engine: Engine): void => {
  const bytes = Number(runSql(engine, WAL_BYTES)[0]?.[0]);
  if (bytes > CHECKPOINT_AFTER_BYTES) runSql(engine, 'checkpoint');
};

/** False when no table needed it. */
const tidyOneTable = (engine: Engine): boolean => {
  runSql(engine, 'select pg_stat_force_next_flush()');
  const command = runSql(engine, NEEDY_TABLE)[0]?.[0];
  if (command) runSql(engine, command);
  return Boolean(command);
};

/** False when time was up before all were analyzed. */
const analyzeGrownTables = (engine: Engine): boolean => {
  const until = performance.now() + ANALYZE_FOR_MS;
  for (;;) {
    const command = runSql(engine, GROWN_TABLE)[0]?.[0];
    if (!command) return true;
    runSql(engine, command);
    if (performance.now() >= until) return false;
  }
};
