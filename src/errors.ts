/** What went wrong, in one word a program can act on; the number is the HTTP status it becomes. */
const STATUS = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  quota_exceeded: 429,
  unavailable: 503,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** The only error a caller is meant to read: message and hint are public and written for a model to act on; the cause goes to the log. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

export const invalidInput = (message: string, hint?: string): AppError => new AppError('invalid_input', message, hint ? { hint } : {});

/** The same answer for a row that never was, was deleted, or belongs to somebody else: it tells nothing about other people's data. */
export const notFound = (what: string, id: string, hint: string): AppError => new AppError('not_found', `No ${what} ${id}.`, { hint });
