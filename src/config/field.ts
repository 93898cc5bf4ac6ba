import type { Reader } from './kinds.js';

/** One setting. Its environment variable, flag and file key are all made from the name it has in `FIELDS`. */
export type Field<T = unknown> = Readonly<{
  description: string;
  /** How a value is written, in help and documentation; null for a switch. */
  form: string | null;
  reader: Reader<T>;
  fallback: T;
  /** The default in words, where the value itself differs from machine to machine or says too little. */
  fallbackText?: string;
  /** May hold a password, or is one: `address` is printed without it, `value` not at all. */
  secret?: 'address' | 'value';
  /** Relative values in a file are meant relative to that file. */
  isPath?: true;
  /** Other keys it may have in a file. */
  aliases?: readonly string[];
}>;

export const field = <T>(definition: Field<T>): Field<T> => definition;
