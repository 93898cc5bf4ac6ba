import { DAY_MS } from '../../timestamp.js';

const MINUTE = 60_000;

/** How long each step lasts, in milliseconds. */
export const LIFETIME = {
  /** From the sign-in to the answer on the page that asks for consent. */
  consent: 10 * MINUTE,
  code: 10 * MINUTE,
  accessToken: 60 * MINUTE,
  /** Each use gives a new one, so whoever comes back within this time stays signed in. */
  refreshToken: 30 * DAY_MS,
} as const;

/** A registration that nobody signed in with is removed after a day; one that was used, a year after its last use. */
export const UNUSED_CLIENT_DAYS = 1;
export const IDLE_CLIENT_DAYS = 365;

/** What has expired is kept for a day, so that a second use of it is still seen for what it is. */
export const EXPIRED_GRANT_DAYS = 1;

export const after = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds);
