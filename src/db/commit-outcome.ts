import type pg from 'pg';
import { AppError } from '../errors.js';
import { codeOf } from './pg-errors.js';

/** `pg_xact_status` refuses an id that the server has not given out: a crash lost it before anything was written down. */
const INVALID_PARAMETER = '22023';

/** The old connection's backend has not noticed yet that its client is gone. */
export class CommitStillRunning extends Error {}

const NOTE = 'select pg_current_xact_id_if_assigned()::text as id';
const NOTE_AND_FLUSH = `select id::text, case when id is not null then pg_logical_emit_message(true, 'recollect', '', true) end
from pg_current_xact_id_if_assigned() as id`;

/** What was written may be on other servers: this one has no id for it unless it is asked for one, and answers for them with its own. */
const NOTE_ANY = 'select pg_current_xact_id()::text as id';

type Committing = Readonly<{ serverMajor: number; prepared: boolean; elsewhere: boolean }>;

/**
 * The id of the connection's transaction, or null when it wrote nothing. Asked for before the commit, so that its fate can be
 * looked up when the connection is lost while committing. From PostgreSQL 17 on the id is forced to the log at the same time:
 * one that only a crashed server knew could be given out again, and the answer would be about somebody else's transaction.
 */
export const noteTransactionId = async (client: pg.Client, { serverMajor, prepared, elsewhere }: Committing): Promise<string | null> => {
  const { name, text } = elsewhere
    ? { name: 'note_any_xid', text: NOTE_ANY }
    : serverMajor >= 17
      ? { name: 'note_and_flush_xid', text: NOTE_AND_FLUSH }
      : { name: 'note_xid', text: NOTE };
  const { rows } = await client.query<{ id: string | null }>(prepared ? { name, text } : text);
  return rows[0]?.id ?? null;
};

export const commitOutcome = async (client: pg.Client, transactionId: string): Promise<'committed' | 'aborted'> => {
  let status: string | null | undefined;
  try {
    const { rows } = await client.query<{ status: string | null }>('select pg_xact_status($1::text::xid8) as status', [transactionId]);
    status = rows[0]?.status;
  } catch (error) {
    if (codeOf(error) === INVALID_PARAMETER) return 'aborted';
    throw error;
  }
  if (status === 'committed' || status === 'aborted') return status;
  if (status === 'in progress') throw new CommitStillRunning();
  throw new AppError('unavailable', 'The connection was lost while saving, and whether it was saved is not known.', {
    hint: 'Look before you repeat it.',
  });
};
