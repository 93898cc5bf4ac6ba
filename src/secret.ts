import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What the secrets of this server begin with, so that they are told apart, and found by scanners where they do not belong. */
export const SECRET_PREFIX = {
  apiToken: 'rcl_',
  accessToken: 'rco_',
  refreshToken: 'rcr_',
  code: 'rcc_',
  consent: 'rcq_',
  reset: 'rcp_',
} as const;
export type SecretKind = keyof typeof SECRET_PREFIX;

/** 32 random bytes as text. Shown once to whoever it is for; only its hash is kept. */
export const newSecret = (kind: SecretKind): string => SECRET_PREFIX[kind] + randomBytes(32).toString('base64url');

/** SHA-256 in hexadecimal: enough for 32 random bytes, which nobody guesses. Never for passwords. */
export const hashSecret = (secret: string): string => hash('sha256', secret);

/** Compares two hashes in a time that tells nothing about where they differ. */
export const sameHash = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

export const isSecretOf = (kind: SecretKind, text: string): boolean => text.startsWith(SECRET_PREFIX[kind]);
