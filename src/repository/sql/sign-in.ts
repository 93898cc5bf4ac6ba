import type { Statement } from '../../db/database.js';

/** After this long without an attempt what failed before is forgotten. */
const FORGOTTEN_AFTER = `interval '1 day'`;

const failed = `case when excluded.last_attempt_at - l.last_attempt_at > ${FORGOTTEN_AFTER} then 1 else l.failed_attempts + 1 end`;
/** Arithmetic of times and intervals depends on the time zone of the session, which Citus does not allow here; that of seconds does not. */
const EPOCH = `timestamptz '1970-01-01 00:00:00+00'`;
/** From the $4th failure on: $5 seconds, then twice as long with each, up to $6 seconds. */
const lockAfter = (count: string): string => `case when ${count} >= $4::int
      then to_timestamp(extract(epoch from $3::timestamptz - ${EPOCH})::float8 + least($6::float8, $5::float8 * power(2, least(${count} - $4::int, 40)))) end`;

/**
 * Counts an attempt under the name $2 before the password is looked at, so that callers at once cannot try more often than one
 * after the other; what works is taken back by `attemptSucceeded`. The answer has no row while the name is locked. Another run
 * after a lost connection counts twice, which errs on the safe side.
 */
export const claimAttempt: Statement = {
  name: 'claim_attempt',
  text: `
insert into user_login_lockouts as l (tenant_id, identifier, failed_attempts, locked_until, last_attempt_at)
values ($1, lower($2), 1, ${lockAfter('1')}, $3::timestamptz)
on conflict (tenant_id, identifier) do update set
  failed_attempts = ${failed},
  locked_until = ${lockAfter(`(${failed})`)},
  last_attempt_at = excluded.last_attempt_at,
  updated_at = excluded.last_attempt_at
where l.locked_until is null or l.locked_until <= $3::timestamptz
returning l.failed_attempts as "failedAttempts", l.locked_until as "lockedUntil"`,
};

/** Until when the name $2 is refused. */
export const readLockout: Statement = {
  name: 'read_lockout',
  text: `select locked_until as "lockedUntil" from user_login_lockouts where tenant_id = $1 and identifier = lower($2)`,
};

/** Forgets what failed under the names $2. */
export const clearLockouts: Statement = {
  name: 'clear_lockouts',
  text: 'delete from user_login_lockouts where tenant_id = $1 and identifier in (select lower(name) from unnest($2::text[]) name)',
};

/** Writes down what became of the attempt $2, and keeps the tally of the account $4, where it was one. */
export const noteFailedAttempt: Statement = {
  name: 'note_failed_attempt',
  text: `
with account as (
  update user_credentials c set
    failed_attempts = c.failed_attempts + case when $6 = 'locked' then 0 else 1 end,
    locked_until = greatest(c.locked_until, $9::timestamptz),
    updated_at = $8::timestamptz
  where c.tenant_id = $1 and c.id = $4::uuid
  returning c.id
),
noted as (
  insert into user_login_attempts (tenant_id, id, identifier, credential_id, succeeded, reason, client, attempted_at)
  select $1, $2::uuid, $3, (select id from account), $5::boolean, $6, $7::jsonb, $8::timestamptz
  on conflict do nothing
)
select 1`,
};

/** Signs in: forgets what failed under the name $3. No row when the account was disabled or its password changed meanwhile. */
export const attemptSucceeded: Statement = {
  name: 'attempt_succeeded',
  text: `
with account as (
  update user_credentials c set failed_attempts = 0, locked_until = null, last_login_at = $6::timestamptz, updated_at = $6::timestamptz
  where c.tenant_id = $1 and c.id = $4::uuid and c.password_hash = $7 and c.disabled_at is null
  returning c.id
), unlocked as (
  delete from user_login_lockouts l where l.tenant_id = $1 and l.identifier = lower($3) and exists (select from account)
),
noted as (
  insert into user_login_attempts (tenant_id, id, identifier, credential_id, succeeded, client, attempted_at)
  select $1, $2::uuid, $3, account.id, true, $5::jsonb, $6::timestamptz from account
  on conflict (tenant_id, id) do update set succeeded = true
  returning credential_id
)
select credential_id as "credentialId" from noted`,
};

/**
 * Attempts, newest first, after the place ($3, $4), at most $5: under the name $2, with the outcome $6, from $7 up to $8.
 *
 * Plan: `user_login_attempts_attempted_at_idx` backwards, or `user_login_attempts_identifier_idx` for one name.
 */
export const listAttempts: Statement = {
  name: 'list_login_attempts',
  asOwner: true,
  text: `
select a.id, a.identifier, c.username, a.succeeded, a.reason, a.client, a.attempted_at as "attemptedAt"
from user_login_attempts a left join user_credentials c on c.tenant_id = a.tenant_id and c.id = a.credential_id
where a.tenant_id = $1
  and ($2::text is null or lower(a.identifier) = lower($2))
  and ($3::timestamptz is null or (a.attempted_at, a.id) < ($3::timestamptz, $4::uuid))
  and ($6::boolean is null or a.succeeded = $6)
  and ($7::timestamptz is null or a.attempted_at >= $7)
  and ($8::timestamptz is null or a.attempted_at <= $8)
order by a.attempted_at desc, a.id desc
limit $5::int`,
};

/** Removes up to $3 lockouts that nobody has run into since $2 and that are over. */
export const pruneLockouts: Statement = {
  name: 'prune_login_lockouts',
  text: `
delete from user_login_lockouts where tenant_id = $1 and identifier in (
  select identifier from user_login_lockouts
  where tenant_id = $1 and last_attempt_at < $2::timestamptz and (locked_until is null or locked_until < $2::timestamptz)
  order by last_attempt_at limit $3::int
) returning identifier`,
};

/** Uses the token with the hash $2 up, if it is good; answers for which account it was. */
export const useResetToken: Statement = {
  name: 'use_reset_token',
  text: `
update password_reset_tokens set used_at = $3::timestamptz, updated_at = $3::timestamptz
where tenant_id = $1 and token_hash = $2 and used_at is null and expires_at > $3::timestamptz
returning credential_id as "credentialId"`,
};

/** Removes up to $3 reset tokens that ended or were used before $2. */
export const pruneResetTokens: Statement = {
  name: 'prune_reset_tokens',
  text: `
delete from password_reset_tokens where tenant_id = $1 and id in (
  select id from password_reset_tokens
  where tenant_id = $1 and (expires_at < $2::timestamptz or used_at < $2::timestamptz)
  order by id limit $3::int
) returning id`,
};
