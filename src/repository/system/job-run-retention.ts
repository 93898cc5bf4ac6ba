import type { Database, Statement } from '../../db/database.js';

const BATCH = 500;
const DAY = 86_400_000;

/** Removes the oldest finished runs that began before $1, at most $2. Plan: `job_runs_started_at_idx`. */
const pruneJobRuns: Statement = {
  name: 'prune_job_runs',
  text: `
with gone as (
  delete from job_runs r
  where r.id in (
    select d.id from job_runs d where d.started_at < $1::timestamptz and d.finished_at is not null order by d.started_at limit $2::int)
  returning 1
)
select count(*)::int as count from gone`,
};

/** Removes records of finished runs of jobs by their age. They are the server's: most belong to no tenant. Answers how many. */
export async function trimJobRuns(db: Database, days: number | null, now: Date, signal: AbortSignal): Promise<number> {
  if (days === null) return 0;
  let removed = 0;
  for (let count = BATCH; count === BATCH && !signal.aborted; removed += count) {
    const [row] = await db.query<{ count: number }>(pruneJobRuns, [new Date(now.getTime() - days * DAY), BATCH]);
    count = row!.count;
  }
  return removed;
}
