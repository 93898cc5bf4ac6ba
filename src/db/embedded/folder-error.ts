import { AppError } from '../../errors.js';

/** What keeps a folder from being used, in words; by the system's error codes. */
const REASONS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space and try again.'],
  EDQUOT: ['the quota of the disk is used up', 'Free some space and try again.'],
  EROFS: ['it is read-only', 'Make it writable, or set RECOLLECT_DATA_DIR to a folder that is.'],
  EACCES: ['this user may not write there', 'Give the folder to this user, or set RECOLLECT_DATA_DIR to one of its own.'],
  EPERM: ['this user may not write there', 'Give the folder to this user, or set RECOLLECT_DATA_DIR to one of its own.'],
  EMFILE: ['this program has too many files open', 'Close some connections, or raise the limit of open files (ulimit -n).'],
  ENFILE: ['the system has too many files open', 'Close other programs and try again.'],
};

/** The folder went away under a program that had it open. Nothing is made in its place: what was in it may only have been moved. */
export const folderGone = (dataDir: string): AppError =>
  new AppError('unavailable', `The data folder ${dataDir} is not there any more: it was moved or removed while this program had it open.`, {
    hint: 'Put it back and try again. To begin with an empty one, end this program and start it again.',
  });

/** An error of whoever opens a folder, as a caller may read it; errors that speak for themselves pass through. */
export const folderError = (dataDir: string, error: unknown): AppError => {
  if (error instanceof AppError) return error;
  const [what, hint] = REASONS[String((error as NodeJS.ErrnoException | undefined)?.code)] ?? [];
  return new AppError('unavailable', `The data folder ${dataDir} cannot be opened${what === undefined ? '' : `: ${what}`}.`, {
    hint: hint ?? 'The server log has the details. If the disk is full, free some space.',
    cause: error,
  });
};
