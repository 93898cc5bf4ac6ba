import { z } from 'zod';
import { invalidInput } from '../errors.js';
import type { JsonObject } from './records.js';
import { QUOTA_SHAPE, RETENTION_SHAPE } from './retention/retention-policy.js';

/**
 * What a tenant has of its own in `tenants.settings`, over what the server's configuration says for all. Every key is optional and
 * described; in retention and quotas null means: no such limit for this tenant, whatever the configuration says.
 */
const SECTIONS = {
  /** Days after which things go; see docs/retention.md. */
  retention: RETENTION_SHAPE,
  /** How much the tenant may store and use. */
  quotas: QUOTA_SHAPE,
} satisfies Record<string, z.ZodRawShape>;

/** Settings that stand alone. */
const SINGLE = {
  active_user: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('External id of the person that stdio servers act for which name none; see `recollect user activate`.'),
} satisfies z.ZodRawShape;

/** What is written must be known; what is read may hold keys of a newer program, which are passed over. */
const written = z.strictObject({
  ...SINGLE,
  retention: z.strictObject(SECTIONS.retention).optional(),
  quotas: z.strictObject(SECTIONS.quotas).optional(),
});
const stored = z.object({
  ...SINGLE,
  retention: z.object(SECTIONS.retention).optional(),
  quotas: z.object(SECTIONS.quotas).optional(),
});

export type TenantSettings = z.output<typeof stored>;

/** `section.key`, or the key alone of a setting that stands alone, with what it is for. */
export const TENANT_SETTINGS: ReadonlyMap<string, string> = new Map([
  ...described(SINGLE, ''),
  ...Object.entries(SECTIONS).flatMap(([section, shape]) => described(shape, `${section}.`)),
]);

/** The settings in a tenant's row. A value that cannot be read is refused and never passed over. */
export function readTenantSettings(row: JsonObject): TenantSettings {
  const read = stored.safeParse(row);
  if (read.success) return read.data;
  throw invalidInput(
    `The settings of this tenant cannot be read: ${problemsOf(read.error)}.`,
    'Correct them with recollect tenant settings.',
  );
}

export type SettingsChange = Readonly<{
  /** Values by name; see `TENANT_SETTINGS`. */
  set?: Readonly<Record<string, unknown>> | undefined;
  /** Names that go back to what the configuration says. */
  unset?: readonly string[] | undefined;
}>;

/** What the row holds after a change; nothing else in it is touched. */
export function changeTenantSettings(row: JsonObject, { set = {}, unset = [] }: SettingsChange): JsonObject {
  const unknown = [...Object.keys(set), ...unset].find((name) => !TENANT_SETTINGS.has(name));
  if (unknown !== undefined)
    throw invalidInput(`There is no tenant setting ${unknown}.`, `There are: ${[...TENANT_SETTINGS.keys()].join(', ')}.`);
  const patch = nested(set);
  const checked = written.safeParse(patch);
  if (!checked.success) throw invalidInput(`Nothing was changed: ${problemsOf(checked.error)}.`);
  const result = structuredClone(row);
  for (const [name, value] of Object.entries(patch))
    result[name] = name in SECTIONS ? { ...objectOf(result[name]), ...objectOf(value) } : value;
  for (const name of unset) {
    const [section, key] = split(name);
    if (section === null) delete result[key];
    else result[section] = Object.fromEntries(Object.entries(objectOf(result[section])).filter(([known]) => known !== key));
  }
  return result;
}

/** What a tenant has set, by name. */
export const flatSettings = (row: JsonObject): [string, unknown][] =>
  Object.entries(row).flatMap(([name, value]) =>
    name in SECTIONS
      ? Object.entries(objectOf(value)).map(([key, inner]): [string, unknown] => [`${name}.${key}`, inner])
      : [[name, value]],
  );

function nested(set: Readonly<Record<string, unknown>>): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(set)) {
    const [section, key] = split(name);
    if (section === null) result[key] = value;
    else result[section] = { ...objectOf(result[section]), [key]: value };
  }
  return result;
}

function split(name: string): [string | null, string] {
  const dot = name.indexOf('.');
  return dot < 0 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)];
}

const objectOf = (value: unknown): JsonObject => (typeof value === 'object' && value !== null ? (value as JsonObject) : {});

function described(shape: z.ZodRawShape, prefix: string): [string, string][] {
  return Object.entries(shape).map(([key, type]) => [prefix + key, (type as z.ZodType).description ?? '']);
}

const problemsOf = (error: z.ZodError): string => error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
