import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { closest } from './closest.js';
import { envName, FIELD_NAMES, FIELDS, type Field, type FieldName, fileKeys, flagName, type Settings } from './config/fields.js';
import { isLoopback } from './config/network.js';
import { AppError } from './errors.js';
import type { LogLevel } from './log.js';
import type { Role } from './principal.js';

/** Settings in force. Paths are absolute; the role and how much is logged are decided. */
export type Config = Readonly<Omit<Settings, 'role' | 'logLevel'> & { role: Role; logLevel: LogLevel }>;

/** Everything that is wrong with the settings, at once, in sentences that name the setting. */
export class ConfigError extends AppError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      'invalid_input',
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

export type Flags = Partial<Record<FieldName, string | boolean>>;
type Written = { value: string; where: string; folder?: string };

/** Variables of ours that the tests and benchmarks read; the program leaves them alone. */
const RESERVED = /^RECOLLECT_(TEST|BENCH)_/;

/** Flags win over the environment, the environment over the file, the file over defaults. Throws one `ConfigError` that lists every problem. */
export function loadConfig(flags: Flags = {}, env: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = [];
  const fromFlags = writtenFlags(flags);
  const fromEnv = writtenEnv(env, problems);
  const read = <K extends FieldName>(name: K, ...sources: Map<FieldName, Written>[]): Settings[K] => {
    const written = sources.map((source) => source.get(name)).find((entry) => entry !== undefined);
    return (written ? interpret(name, written, problems) : undefined) ?? (FIELDS[name].fallback as Settings[K]);
  };

  const file = read('config', fromFlags, fromEnv);
  const fromFile = file === null ? new Map<FieldName, Written>() : writtenFile(resolve(file), problems);
  const settings = Object.fromEntries(
    FIELD_NAMES.map((name) => [name, name === 'config' ? file : read(name, fromFlags, fromEnv, fromFile)]),
  ) as Settings;

  const role = settings.role ?? (settings.user === null ? 'service' : 'user');
  if (role === 'user' && settings.user === null) {
    problems.push(`${envName('role')} is "user", but no user is named. Set ${envName('user')} to the user's id, or choose another role.`);
  }
  if (role === 'admin' && settings.user !== null) {
    problems.push(`${envName('role')} is "admin", but ${envName('user')} binds the server to one user. Leave one of them out.`);
  }
  // After a value that was refused, others would seem to be missing.
  if (problems.length === 0) problems.push(...embeddingProblems(settings), ...httpProblems(settings));
  if (problems.length > 0) throw new ConfigError(problems);
  const logLevel = settings.logLevel ?? (settings.http ? 'info' : 'warn');
  return Object.freeze({ ...settings, role, logLevel, dataDir: resolve(settings.dataDir), config: file === null ? null : resolve(file) });
}

function embeddingProblems({ embeddingsUrl, embeddingsModelDir, embeddingsModel }: Settings): string[] {
  const [url, folder, model] = [envName('embeddingsUrl'), envName('embeddingsModelDir'), envName('embeddingsModel')];
  if (embeddingsUrl !== null && embeddingsModelDir !== null)
    return [`${url} and ${folder} cannot be combined: vectors come from a server or from a folder.`];
  if (embeddingsUrl !== null && embeddingsModel === null)
    return [`${url} is set, but no model is named. Set ${model} to one that the server has.`];
  if (embeddingsModel !== null && embeddingsUrl === null && embeddingsModelDir === null)
    return [`${model} is set, but nothing runs it. Set ${url} or ${folder}.`];
  return [];
}

function httpProblems({ http, auth, host, conformance }: Settings): string[] {
  if (conformance && (!http || auth))
    return [`${envName('conformance')} is for a test suite that does not sign in: set it with ${flagName('http')} and --no-auth only.`];
  if (!http || auth || isLoopback(host)) return [];
  return [
    `${envName('auth')} is off, but ${envName('host')} is "${host}", where others can reach the server. Without sign-in it serves this machine only: use 127.0.0.1, or leave sign-in on.`,
  ];
}

/** The configuration as environment variables: what a child process needs to work with the same settings. */
export function environmentOf(config: Config): Record<string, string> {
  const entries = FIELD_NAMES.filter((name) => name !== 'config').flatMap((name) => {
    const value = config[name];
    return value === null ? [] : [[envName(name), Array.isArray(value) ? value.join(',') : String(value)]];
  });
  return Object.fromEntries(entries);
}

/** The configuration for people to read: no password is in it. */
export function describeConfig(config: Config): Record<string, string | number | boolean | null> {
  const show = (name: FieldName) => {
    const value = config[name];
    const { secret } = FIELDS[name] as Field;
    if (secret && typeof value === 'string') return secret === 'value' ? '***' : withoutPassword(value);
    return typeof value === 'object' && value !== null ? value.join(',') : value;
  };
  return Object.fromEntries(FIELD_NAMES.map((name) => [name, show(name)]));
}

/** A password may stand before the @ or in a parameter. */
function withoutPassword(address: string): string {
  const url = new URL(address);
  if (url.password) url.password = '***';
  for (const name of url.searchParams.keys()) if (/pass|token|secret|key/i.test(name)) url.searchParams.set(name, '***');
  return url.toString();
}

function writtenFlags(flags: Flags): Map<FieldName, Written> {
  const entries = FIELD_NAMES.flatMap((name): [FieldName, Written][] => {
    const value = flags[name];
    return value === undefined || value === '' ? [] : [[name, { value: String(value), where: flagName(name) }]];
  });
  return new Map(entries);
}

function writtenEnv(env: NodeJS.ProcessEnv, problems: string[]): Map<FieldName, Written> {
  const known = new Map(FIELD_NAMES.map((name) => [envName(name), name]));
  const written = new Map<FieldName, Written>();
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('RECOLLECT_') || RESERVED.test(variable)) continue;
    const name = known.get(variable);
    if (name === undefined) problems.push(`${variable} is not a setting.${didYouMean(variable, known.keys())}`);
    else if (value !== undefined && value.trim() !== '') written.set(name, { value, where: variable });
  }
  return written;
}

function writtenFile(path: string, problems: string[]): Map<FieldName, Written> {
  const written = new Map<FieldName, Written>();
  let content: unknown;
  try {
    // JSON too is read as YAML, which contains it: its own parser quotes the file in errors, and the file may hold a password.
    content = parseYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    problems.push(
      `The file ${path} (${envName('config')}) cannot be read: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    );
    return written;
  }
  if (content === null || content === undefined) return written;
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems.push(
      `The file ${path} (${envName('config')}) must hold settings as "key: value", not a ${Array.isArray(content) ? 'list' : typeof content}.`,
    );
    return written;
  }
  const known = new Map(FIELD_NAMES.filter((name) => name !== 'config').flatMap((name) => fileKeys(name).map((key) => [key, name])));
  for (const [key, value] of Object.entries(content)) {
    const name = known.get(key);
    const where = `${key} in ${path}`;
    if (name === undefined) problems.push(`${where} is not a setting.${didYouMean(key, known.keys())}`);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      problems.push(`${where} must be a single value, not a group of keys.`);
    else if (written.has(name))
      problems.push(`${where} says the same as another key of the file; write one of ${fileKeys(name).join(' and ')}.`);
    else if (value !== null && value !== undefined && value !== '')
      written.set(name, { value: Array.isArray(value) ? value.join(',') : String(value), where, folder: dirname(path) });
  }
  return written;
}

function interpret<K extends FieldName>(name: K, { value, where, folder }: Written, problems: string[]): Settings[K] | undefined {
  const field = FIELDS[name] as Field<Settings[K]>;
  const shown = field.secret
    ? 'has a value that is not shown here'
    : `is ${JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value)}`;
  const unexpanded = /\$\{[^}]*\}/.exec(value);
  if (unexpanded) {
    problems.push(
      `${where} still contains ${unexpanded[0]}: the client passed it on without replacing it. Write the value itself, or leave the setting out.`,
    );
    return undefined;
  }
  const result = field.reader.safeParse(value);
  if (!result.success) {
    problems.push(`${where} ${shown}; allowed: ${result.error.issues[0]?.message}.`);
    return undefined;
  }
  const parsed = result.data;
  return field.isPath && folder && typeof parsed === 'string' && !isAbsolute(parsed) ? (join(folder, parsed) as Settings[K]) : parsed;
}

function didYouMean(name: string, known: Iterable<string>): string {
  const suggestion = closest(name, known);
  return suggestion ? ` Did you mean ${suggestion}?` : ' `recollect serve --help` lists the settings.';
}
