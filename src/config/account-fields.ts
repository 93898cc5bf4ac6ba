import { field } from './field.js';
import { whole } from './kinds.js';

/** Local accounts: what a password must be, and what becomes of somebody who does not know it. */
export const ACCOUNT_FIELDS = {
  bcryptCost: field({
    description:
      'How hard a password is to try: one more doubles the work, and the time that signing in takes. Hashes follow at the next sign-in.',
    form: 'cost',
    reader: whole(4, 16),
    fallback: 12,
  }),
  passwordMinLength: field({ description: 'Fewest characters in a password.', form: 'count', reader: whole(1, 128), fallback: 10 }),
  passwordMaxLength: field({ description: 'Most characters in a password.', form: 'count', reader: whole(64, 1024), fallback: 256 }),
  passwordClasses: field({
    description: 'How many of these a password must have: small letters, capital letters, digits, others.',
    form: 'count',
    reader: whole(1, 4),
    fallback: 2,
  }),
  passwordResetMinutes: field({
    description: 'How long a token of `recollect user reset` is good for.',
    form: 'minutes',
    reader: whole(1, 10_080),
    fallback: 60,
  }),
  lockoutAttempts: field({
    description: 'How many wrong passwords in a row lock a name out. A day without an attempt starts the count again.',
    form: 'count',
    reader: whole(1, 1000),
    fallback: 5,
  }),
  lockoutSeconds: field({
    description: 'How long a name is locked out at first; each further wrong password doubles the time.',
    form: 'seconds',
    reader: whole(1, 86_400),
    fallback: 60,
  }),
  lockoutMaxSeconds: field({
    description: 'Longest time that a name is locked out.',
    form: 'seconds',
    reader: whole(1, 604_800),
    fallback: 3600,
  }),
};
