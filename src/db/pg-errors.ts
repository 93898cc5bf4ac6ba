import { AppError, type ErrorCode } from '../errors.js';

type Entry = readonly [ErrorCode, string, string?];

const UNAVAILABLE: Entry = ['unavailable', 'The database cannot answer right now.', 'Try again in a moment.'];
const BAD_VALUE: Entry = [
  'invalid_input',
  'A value has the wrong form or is out of range.',
  'Check numbers, dates and ids and call again.',
];
const BAD_TEXT: Entry = [
  'invalid_input',
  'Text must be valid Unicode without NUL characters.',
  'Remove U+0000 and lone surrogates and call again.',
];

/** A row that is written names the tenant or user it is for; a foreign key that refuses it says that those are not there any more. */
const GONE: Entry = [
  'unavailable',
  'The tenant or user that this is for has been removed.',
  'Connect again; a server over stdio has to be started again.',
];
const OF_OWNER = /_(?:tenant|user)_id_fk$/;

/** Full SQLSTATEs first; what is not listed falls back to its class, the first two characters. */
const BY_CODE: Readonly<Record<string, Entry>> = {
  '23505': ['conflict', 'Something with the same key already exists.', 'Read it first, or use another key.'],
  '23503': ['not_found', 'Something that this refers to does not exist.', 'Check the ids and call again.'],
  '23514': ['invalid_input', 'A value breaks a rule of its field.', 'Check the allowed values and ranges and call again.'],
  '23502': ['invalid_input', 'A required value is missing.'],
  '22P05': BAD_TEXT,
  '22021': BAD_TEXT,
  '42501': ['forbidden', 'The database role is not allowed to do this.'],
  '54000': ['invalid_input', 'The request is too large for the database.', 'Send it in smaller parts.'],
  '57014': ['unavailable', 'The database stopped this because it took too long.', 'Ask for less, or try again later.'],
  '25P03': ['unavailable', 'A transaction waited too long and was rolled back.', 'Try again.'],
  '53100': ['unavailable', 'The disk of the database is full.', 'Free some space and try again.'],
  '22': BAD_VALUE,
  '23': ['conflict', 'The change contradicts what is stored.'],
  '40': ['unavailable', 'Too many changes at once to the same data.', 'Try again in a moment.'],
  '53': UNAVAILABLE,
  '57': UNAVAILABLE,
  '08': UNAVAILABLE,
};

const NETWORK = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);
const LOST_STATES = new Set(['57P01', '57P02', '57P03']);
const LOST_CODES = new Set([...NETWORK, 'ERR_STREAM_WRITE_AFTER_END', 'ERR_STREAM_DESTROYED']);
/** pg gives these two conditions no code. */
const LOST_MESSAGE = /^Connection terminated/;
const NOT_SENT_MESSAGE = /^Client (has encountered a connection error|was closed) and is not queryable/;

type DriverError = Error & { code?: unknown; constraint?: unknown; original?: unknown; parent?: unknown };

/** The driver's own error, out of whatever Sequelize wrapped around it. */
export const driverError = (error: unknown): DriverError | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { original, parent } = error as DriverError;
  const inner = original ?? parent;
  return inner instanceof Error && inner !== error ? driverError(inner) : (error as DriverError);
};

/** SQLSTATE or system error code; undefined for an error that did not come from the database or the network. */
export const codeOf = (error: unknown): string | undefined => {
  const code = driverError(error)?.code;
  return typeof code === 'string' ? code : undefined;
};

/** Citus tells of a constraint on a shard in the message only, with the number of the shard behind its name; ours end in their kind. */
const ON_SHARD = /\b([a-z_]+_(?:pk|key|fk|check))_\d+\b/;

/** Name of the constraint that was violated. */
export const constraintOf = (error: unknown): string | undefined => {
  const inner = driverError(error);
  if (typeof inner?.constraint === 'string') return inner.constraint;
  return codeOf(inner)?.startsWith('23') ? ON_SHARD.exec(inner?.message ?? '')?.[1] : undefined;
};

/** The connection is gone: whether the statement took effect is unknown. */
export const isConnectionLost = (error: unknown): boolean => {
  const inner = driverError(error);
  if (!inner) return false;
  const code = codeOf(inner);
  if (code !== undefined) return LOST_STATES.has(code) || code.startsWith('08') || LOST_CODES.has(code);
  return LOST_MESSAGE.test(inner.message) || wasNotSent(error);
};

/** The connection was known to be gone before the statement was sent: it did not take effect. */
export const wasNotSent = (error: unknown): boolean => {
  const name = error instanceof Error ? error.name : '';
  if (name.startsWith('SequelizeConnection')) return isConnectionLost(driverError(error)) || name === 'SequelizeConnectionTimedOutError';
  return NOT_SENT_MESSAGE.test(driverError(error)?.message ?? '');
};

/** The database rolled back and asks to try the same again. */
export const isContention = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
};

function entryOf(code: string | undefined, constraint: string | undefined): Entry | undefined {
  if (code === undefined) return undefined;
  if (code === '23503' && OF_OWNER.test(constraint ?? '')) return GONE;
  return BY_CODE[code] ?? (code.length === 5 ? BY_CODE[code.slice(0, 2)] : undefined);
}

/** What a caller may know of a database error: translated by SQLSTATE, the original is the cause. Other AppErrors pass through. */
export const toAppError = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const entry = entryOf(code, constraintOf(error));
  if (entry) return new AppError(entry[0], entry[1], { ...(entry[2] ? { hint: entry[2] } : {}), cause: error });
  const name = error instanceof Error ? error.name : '';
  if (isConnectionLost(error) || (code !== undefined && NETWORK.has(code)) || name === 'SequelizeConnectionAcquireTimeoutError')
    return new AppError('unavailable', UNAVAILABLE[1], { hint: 'Try again in a moment.', cause: error });
  return new AppError('internal', 'Something went wrong inside the server.', { hint: 'The server log has the details.', cause: error });
};
