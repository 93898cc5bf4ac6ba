import { z } from 'zod';
import { invalidInput } from '../../errors.js';
import type { Principal, Role } from '../../principal.js';
import { scopesOf } from '../../principal.js';

export const ACCOUNT_ROLES = ['user', 'service', 'admin'] as const;
export type AccountRole = (typeof ACCOUNT_ROLES)[number] & Role;

export type AccountRecord = {
  id: string;
  /** Row id of the person whose account it is. */
  userId: string;
  /** External id of that person. */
  user: string;
  displayName: string | null;
  username: string;
  email: string | null;
  role: AccountRole;
  /** Since it was last signed in to, under all of its names. */
  failedAttempts: number;
  /** The latest lock of any of its names. */
  lockedUntil: Date | null;
  passwordChangedAt: Date;
  lastLoginAt: Date | null;
  disabledAt: Date | null;
  createdAt: Date;
};

/** For whom somebody acts who has signed in: with the role `user` for that person alone, else for everybody in the tenant. */
export const principalOfAccount = (tenantId: string, { role, user }: Pick<AccountRecord, 'role' | 'user'>): Principal => ({
  tenantId,
  user: role === 'user' ? user : null,
  role,
  scopes: scopesOf(role),
});

/** Without @, so that a name is never somebody's address; and without white space, which nobody sees. */
const USERNAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,99}$/u;

export function usernameFrom(written: string): string {
  const name = written.normalize('NFKC').trim();
  if (USERNAME.test(name)) return name;
  throw invalidInput(
    `${JSON.stringify(written.slice(0, 120))} is no user name.`,
    'A user name has 1 to 100 letters, digits, ".", "_" and "-", and begins with a letter or digit.',
  );
}

export function emailFrom(written: string): string {
  const email = written.trim();
  if (email.length <= 254 && z.email().safeParse(email).success) return email;
  throw invalidInput(`${JSON.stringify(written.slice(0, 120))} is no e-mail address.`);
}

const MOST = 320;

/** A name as it was typed at sign-in, fit to be stored whatever it is. */
export const identifierFrom = (typed: string): string => {
  const text = typed.normalize('NFKC').trim().replaceAll('\0', '\uFFFD').toWellFormed();
  return text.length <= MOST ? text : text.slice(0, MOST).toWellFormed();
};
