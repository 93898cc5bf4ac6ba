import type { Statement } from '../../db/database.js';

/**
 * Makes the rows of jobs ($1) with their schedules ($2) that are not there yet; what was due before its row was there was not
 * missed. Plan: a handful of rows.
 */
export const registerJobs: Statement = {
  name: 'register_jobs',
  text: `
insert into jobs (name, schedule, slot, created_at, updated_at)
select j.name, j.schedule, $3::timestamptz, $3::timestamptz, $3::timestamptz from unnest($1::text[], $2::text[]) j(name, schedule)
on conflict (name) do update set schedule = excluded.schedule, updated_at = excluded.updated_at where jobs.schedule <> excluded.schedule`,
};

/** A run of which nobody has heard for so long is over. The database's clock alone decides: those of processes may differ. */
const IS_HELD = 'j.holder is not null and j.held_until >= now()';

/** How often a due time is tried before the next one is waited for. */
const MAX_FAILURES = 5;

/** A due time further ahead than this was taken by a process whose clock was wrong, and counts no more. */
const WRONG_CLOCK = `interval '1 day'`;

/**
 * Takes the job $1 for the due time $2, or without one for a run that somebody asked for, and begins the run $5. Answers a row if
 * the job was to be had: this one conditional update is what makes sure that a due time is run by one process. It is also had
 * when its last run for that time failed and may be tried again, or ended without a word; such a run is closed. Run twice, after a
 * lost connection, it answers the same.
 */
export const claimJob: Statement = {
  name: 'claim_job',
  text: `
with
taken as (
  update jobs j set
    slot = coalesce($2::timestamptz, j.slot),
    failures = case when $2::timestamptz is null then j.failures when j.slot <> $2::timestamptz then 0
                    when j.holder <> $5::uuid then j.failures + 1 else j.failures end,
    retry_at = case when $2::timestamptz is null then j.retry_at end,
    holder = $5::uuid, held_until = now() + $4::int * interval '1 millisecond',
    last_started_at = $3::timestamptz, last_status = 'running', updated_at = $3::timestamptz
  where j.name = $1 and (j.holder = $5::uuid or not (${IS_HELD}) and ($2::timestamptz is null or j.enabled and (
      j.slot < $2::timestamptz or j.slot > $2::timestamptz + ${WRONG_CLOCK}
      or j.slot = $2::timestamptz and j.failures < ${MAX_FAILURES} and (j.holder is not null or j.retry_at <= $3::timestamptz))))
  returning j.name, j.failures
),
lost as (
  update job_runs r set status = 'failed', finished_at = $3::timestamptz, error = 'The process that ran it is gone.'
  from taken t where r.job = t.name and r.status = 'running' and r.id <> $5::uuid
),
begun as (
  insert into job_runs (id, job, tenant_id, slot, started_at)
  select $5::uuid, t.name, $6::text, $2::timestamptz, $3::timestamptz from taken t
  on conflict (id) do nothing
)
select t.failures from taken t`,
};

/** The run $2 of the job $1 goes on. No row: another process has the job by now. */
export const keepJob: Statement = {
  name: 'keep_job',
  text: `
update jobs j set held_until = now() + $3::int * interval '1 millisecond' where j.name = $1 and j.holder = $2::uuid returning j.name`,
};

/** The run $2 of the job $1 is over: how ($4), with which figures ($5) or error ($6), and when its due time may be tried again ($7). */
export const finishJob: Statement = {
  name: 'finish_job',
  text: `
with
run as (
  update job_runs r set finished_at = $3::timestamptz, status = $4, stats = $5::jsonb, error = $6
  where r.id = $2::uuid and r.status = 'running'
  returning r.slot
)
update jobs j set
  holder = null, held_until = null, last_finished_at = $3::timestamptz, last_status = $4, updated_at = $3::timestamptz,
  failures = case when run.slot is null then j.failures when $4 = 'failed' then j.failures + 1 else 0 end,
  retry_at = case when run.slot is null then j.retry_at else $7::timestamptz end
from run where j.name = $1 and j.holder = $2::uuid`,
};

/** Every job, and whether a run is under way. Plan: a scan of a few rows. */
export const listJobs: Statement = {
  name: 'list_jobs',
  text: `
select j.name, j.schedule, j.enabled, j.slot, j.failures, j.retry_at as "retryAt", ${IS_HELD} as running,
       j.holder is not null and not (${IS_HELD}) as lost,
       j.last_started_at as "lastStartedAt", j.last_finished_at as "lastFinishedAt", j.last_status as "lastStatus"
from jobs j order by j.name`,
};

const runColumns = `r.id, r.job, r.tenant_id as "tenantId", r.slot, r.started_at as "startedAt", r.finished_at as "finishedAt", r.status, r.stats, r.error`;

/** The newest $2 runs of each job in $1, newest first; of the tenant $3 and those for all tenants, or without one of everybody. Plan: `job_runs_job_idx` a job. */
export const listRuns: Statement = {
  name: 'list_job_runs',
  text: `
select ${runColumns}
from unnest($1::text[]) with ordinality j(name, at)
cross join lateral (
  select * from job_runs r where r.job = j.name and ($3::text is null or coalesce(r.tenant_id, $3::text) = $3::text)
  order by r.started_at desc, r.id desc limit $2::int
) r
order by j.at, r.started_at desc, r.id desc`,
};

export const findRun: Statement = {
  name: 'find_job_run',
  text: `
select ${runColumns}
from job_runs r where r.id = $1::uuid`,
};

export const switchJob: Statement = {
  name: 'switch_job',
  text: 'update jobs set enabled = $2::boolean, updated_at = $3::timestamptz where name = $1 returning name',
};

/** Removes runs of each job beyond the newest $1, and those that began before $3, at most $2 at once. Plan: `job_runs_job_idx` a job. */
export const trimRuns: Statement = {
  name: 'trim_job_runs',
  text: `
with surplus as (
  select r.id from jobs j
  cross join lateral (
    (select r.id from job_runs r where r.job = j.name and r.status <> 'running' order by r.started_at desc, r.id desc offset $1::int)
    union
    select r.id from job_runs r where r.job = j.name and r.status <> 'running' and r.started_at < $3::timestamptz
  ) r
  limit $2::int
),
gone as (delete from job_runs r using surplus s where r.id = s.id returning r.id)
select count(*)::int as removed from gone`,
};
