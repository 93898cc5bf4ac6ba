import type { z } from 'zod';
import { closest } from '../closest.js';
import { invalidInput } from '../errors.js';
import { assertCleanText } from './clean-text.js';
import { type JsonSchema, schemaAt, toInputSchema } from './json-schema.js';

const MAX_PROBLEMS = 8;

type Issue = z.core.$ZodIssue;

/** Reads the arguments of a call; a problem becomes a sentence that names the argument, what is wrong with it and what is allowed. */
export function parseArguments<In extends z.ZodObject>(type: In, args: unknown): z.output<In> {
  assertCleanText(args);
  const result = type.safeParse(args);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => explain(issue, [], args, toInputSchema(type)));
  const shown = problems.slice(0, MAX_PROBLEMS);
  if (problems.length > shown.length) shown.push(`And ${problems.length - shown.length} more problems.`);
  throw invalidInput(shown.join(' '), 'Nothing was done.');
}

function explain(issue: Issue, base: readonly PropertyKey[], args: unknown, schema: JsonSchema): string[] {
  const path = [...base, ...issue.path];
  const node = schemaAt(schema, path);
  const value = valueAt(args, path);
  const what = pathText(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, node));
    case 'invalid_union': {
      const branch = nearest(issue.errors);
      if (branch) return branch.flatMap((inner) => explain(inner, path, args, schema));
      return [wrongValue(what, value, alternatives(issue.errors, node))];
    }
    case 'invalid_type':
    case 'invalid_value':
      return [wrongValue(what, value, allowed(issue, node))];
    case 'too_small':
    case 'too_big':
      return [wrongValue(what, value, range(branchOf(node, issue.origin)) || issue.message)];
    case 'custom':
      return [`${what}: ${sentence(issue.message)}`];
    default:
      return [wrongValue(what, value, node?.format ? `a valid ${node.format}` : issue.message)];
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const wrongValue = (what: string, value: unknown, expected: string): string =>
  value === undefined ? `${what} is required: ${sentence(expected)}` : `${what} must be ${expected}, not ${describe(value)}.`;

function unknownKey(key: string, path: readonly PropertyKey[], node: JsonSchema | undefined): string {
  const place = path.length > 0 ? ` in ${pathText(path)}` : '';
  // Of what is described in words alone the schema cannot tell what is allowed.
  if (!node?.properties) return `Unknown argument "${key.slice(0, 60)}"${place}.`;
  const known = Object.keys(node.properties);
  const meant = closest(key, known);
  const advice = meant ? `did you mean "${meant}"?` : `allowed: ${known.join(', ') || 'none'}.`;
  return `Unknown argument "${key.slice(0, 60)}"${place}; ${advice}`;
}

/** The branch of a union that the caller probably meant: one whose outer type fits. */
const nearest = (errors: readonly (readonly Issue[])[]): readonly Issue[] | undefined =>
  errors.find((issues) => issues.length > 0 && issues.every((issue) => issue.path.length > 0 || issue.code !== 'invalid_type'));

const alternatives = (errors: readonly (readonly Issue[])[], node: JsonSchema | undefined): string =>
  [...new Set(errors.flatMap((issues) => issues.map((issue) => allowed(issue, node))))].join(' or ');

function allowed(issue: Issue, node: JsonSchema | undefined): string {
  if (issue.code === 'invalid_value') return oneOf(issue.values);
  if (Array.isArray(node?.enum)) return oneOf(node.enum);
  if (issue.code !== 'invalid_type') return issue.message;
  const form = FORMATS[String(node?.format)];
  if (form) return form;
  const bounds = node?.anyOf ? '' : range(node);
  return bounds || (TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`);
}

/** The schema itself, or of several the one for values of this type. */
const branchOf = (node: JsonSchema | undefined, type: string): JsonSchema | undefined =>
  (node?.anyOf as JsonSchema[] | undefined)?.find((branch) => branch.type === type) ?? node;

const oneOf = (values: readonly unknown[]): string =>
  (values.length === 1 ? '' : 'one of ') + values.map((value) => JSON.stringify(value)).join(', ');

const FORMATS: Readonly<Record<string, string>> = { 'date-time': 'a date-time such as 2026-03-01T09:30:00Z', uuid: 'a UUID' };

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
};

/** The whole range a schema allows, so that the next attempt fits both ends. */
function range(node: JsonSchema | undefined): string {
  if (!node) return '';
  const { type, minimum: least, exclusiveMinimum: above, maximum: most } = node;
  if (type === 'string') return `text${span(node.minLength, node.maxLength, 'character')}`;
  if (type === 'array') return `an array${span(node.minItems, node.maxItems, 'item')}`;
  if (type !== 'integer' && type !== 'number') return '';
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  const from = least === undefined ? (above === undefined ? '' : ` above ${above}`) : ` from ${least}`;
  return `${kind}${from}${most === undefined ? '' : `${from ? '' : ' up'} to ${most}`}`;
}

function span(least: unknown, most: unknown, unit: string): string {
  if (least === undefined && most === undefined) return '';
  if (most === undefined) return ` of at least ${least} ${unit}${least === 1 ? '' : 's'}`;
  return least === undefined ? ` of at most ${most} ${unit}s` : ` of ${least} to ${most} ${unit}s`;
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}${text && '.'}${String(step)}`), '') ||
  'The arguments';

const valueAt = (args: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step], args);

function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
}
