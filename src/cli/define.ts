import type { FieldName } from '../config/fields.js';
import type { Config } from '../config.js';
import type { Output } from './output.js';

/** 0: it worked. 1: it did not, and that was reported. */
export type ExitCode = 0 | 1;

/** An option of one command; `form` is how its value is written, null for a switch. */
export type Option<T = unknown> = Readonly<{ description: string; form: string | null; read(written: string | boolean | undefined): T }>;

export const flag = (description: string): Option<boolean> => ({ description, form: null, read: (written) => written === true });

export const value = (form: string, description: string): Option<string | undefined> => ({
  description,
  form,
  read: (written) => (typeof written === 'string' && written !== '' ? written : undefined),
});

export type Options = Readonly<Record<string, Option>>;
type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

export type Invocation<O extends Options = Options> = Readonly<{
  options: Values<O>;
  /** What was written after the command and its options, where it takes something. */
  operand: string | undefined;
  /** Settings in force, flags of this invocation included; throws `ConfigError`. */
  config(): Config;
  output: Output;
}>;

export type Command<O extends Options = Options> = Readonly<{
  name: string;
  /** One line, for the list of commands. */
  summary: string;
  /** Paragraphs for the command's own help. */
  details?: string;
  /** Settings it takes as flags. */
  settings?: readonly FieldName[];
  options?: O;
  /** The one thing it is about, such as a file. */
  operand?: Readonly<{ name: string; description: string }>;
  subcommands?: readonly Command[];
  // Method syntax on purpose: it is bivariant, so a list can hold commands of different options.
  run?(invocation: Invocation<O>): Promise<ExitCode>;
}>;

/** Ties `run` to the options above it; does nothing at run time. */
export const defineCommand = <O extends Options>(command: Command<O>): Command<O> => command;
