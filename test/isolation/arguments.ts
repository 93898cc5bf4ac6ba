import fc from 'fast-check';

export type JsonSchema = {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  contentEncoding?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
};

/** What somebody's rows are called, by the kind of the name. */
export type Handles = Readonly<Record<Kind, readonly string[]>>;
export const KINDS = [
  'conversation',
  'message',
  'memory',
  'task',
  'asset',
  'user',
  'key',
  'node',
  'graph',
  'cursor',
  'event',
  'client',
  'label',
  'word',
] as const;
export type Kind = (typeof KINDS)[number];

/** Which names an argument takes; one that is not here gets plain words. */
const KIND_OF: Record<string, Kind> = {
  conversation_id: 'conversation',
  message_id: 'message',
  message_ids: 'message',
  around_message_id: 'message',
  evidence: 'message',
  memory_id: 'memory',
  memory_ids: 'memory',
  supersedes: 'memory',
  task_id: 'task',
  user: 'user',
  conversation_key: 'key',
  entityName: 'node',
  entityNames: 'node',
  name: 'node',
  names: 'node',
  key: 'node',
  keys: 'node',
  from: 'node',
  to: 'node',
  source: 'node',
  target: 'node',
  graph: 'graph',
  cursor: 'cursor',
  after: 'event',
  client_id: 'client',
  client_message_id: 'client',
  device: 'label',
  session: 'label',
  platform: 'label',
  chat_id: 'label',
  topic: 'label',
  model: 'label',
  provider: 'label',
  tags: 'label',
  type: 'label',
  types: 'label',
  edge_types: 'label',
  query: 'word',
};

const DATES = ['2020-01-01T00:00:00Z', '2026-11-01', '2100-01-01T00:00:00Z'];

/** Arguments that a schema allows, with names of other people's rows among those of the caller's own. */
export function argumentsOf(schema: JsonSchema, foreign: Handles, own: Handles, name = ''): fc.Arbitrary<unknown> {
  const inner = (part: JsonSchema, of: string) => argumentsOf(part, foreign, own, of);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => inner(choice, name)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch ([schema.type].flat()[0]) {
    case 'string':
      return text(schema, foreign, own, name);
    case 'integer': {
      const min = Math.max(schema.minimum ?? 0, -1000);
      return fc.integer({ min, max: Math.min(schema.maximum ?? min + 50, min + 50) });
    }
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array': {
      const minLength = schema.minItems ?? 0;
      return fc.array(inner(schema.items ?? {}, name), { minLength, maxLength: Math.max(minLength, 2) });
    }
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const shape = Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, inner(part, key)]));
      const optional = Object.keys(shape).filter((key) => !required.includes(key));
      // Of many optional arguments a few at a time, or hardly a call would get past the checks of its arguments.
      return fc
        .subarray(optional, { maxLength: Math.min(optional.length, 4) })
        .chain((chosen) => fc.record(Object.fromEntries([...required, ...chosen].map((key) => [key, shape[key]!]))));
    }
    default:
      return fc.constantFrom('word', 1, true, null);
  }
}

function text({ format, contentEncoding }: JsonSchema, foreign: Handles, own: Handles, name: string): fc.Arbitrary<string> {
  if (contentEncoding === 'base64') return fc.constant('aGk=');
  if (format === 'date-time') return fc.constantFrom(...DATES);
  const words = fc.constantFrom('plain', 'intruder', '0');
  const kind = KIND_OF[name];
  if (kind === undefined) return words;
  const from = (handles: Handles, kinds: readonly Kind[]) => {
    const pool = kinds.flatMap((each) => handles[each]);
    return pool.length > 0 ? fc.constantFrom(...pool) : words;
  };
  const ids = ['conversation', 'message', 'memory', 'task', 'asset'] as const;
  return fc.oneof(
    { weight: 6, arbitrary: from(foreign, [kind]) },
    { weight: 3, arbitrary: from(own, [kind]) },
    { weight: 1, arbitrary: format === 'uuid' ? from(foreign, ids) : words },
  );
}
