import { z } from 'zod';

export type JsonSchema = { [key: string]: unknown };

const inputs = new WeakMap<z.ZodType, JsonSchema>();
const outputs = new WeakMap<z.ZodType, JsonSchema>();

/** JSON Schema of what a caller sends, made once. Every client reads it into its context, so what says nothing is left out. */
export const toInputSchema = (type: z.ZodType): JsonSchema => remembered(inputs, type, compact);

/** JSON Schema of an answer, without formats: what we write needs no check, and validators of clients stumble over those they do not know. */
export const toOutputSchema = (type: z.ZodType): JsonSchema =>
  remembered(outputs, type, (schema) => {
    compact(schema);
    delete schema.format;
  });

function remembered(cache: WeakMap<z.ZodType, JsonSchema>, type: z.ZodType, change: (schema: JsonSchema) => void): JsonSchema {
  const known = cache.get(type);
  if (known) return known;
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io: 'input', override: ({ jsonSchema }) => change(jsonSchema) }) as JsonSchema;
  cache.set(type, schema);
  return schema;
}

function compact(schema: JsonSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format && schema.pattern) delete schema.pattern;
  if (schema.propertyNames) delete schema.propertyNames;
  const { additionalProperties } = schema;
  // `{}` means anything, which is what its absence means.
  if (additionalProperties && typeof additionalProperties === 'object' && Object.keys(additionalProperties).length === 0)
    delete schema.additionalProperties;
}

/** The schema of what stands at `path`; undefined where the schema does not say. */
export function schemaAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let node: JsonSchema | undefined = root;
  for (const step of path) node = node && child(node, step);
  return node;
}

function child(node: JsonSchema, step: PropertyKey): JsonSchema | undefined {
  if (typeof step === 'number' && node.items) return node.items as JsonSchema;
  const property = (node.properties as Record<string, JsonSchema> | undefined)?.[String(step)];
  if (property) return property;
  for (const branch of (node.anyOf ?? []) as JsonSchema[]) {
    const found = child(branch, step);
    if (found) return found;
  }
  return undefined;
}
