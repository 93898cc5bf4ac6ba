import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/errors.js';
import { parseArguments } from '../../src/mcp/parse-arguments.js';

const part = z.looseObject({ type: z.string() });
const schema = z.strictObject({
  query: z.string().min(1).max(50),
  limit: z.number().int().min(1).max(100).default(10),
  conversation_id: z.string().optional(),
  mode: z.enum(['text', 'semantic']).optional(),
  when: z
    .string()
    .refine((text) => text.startsWith('2'), 'is not a date-time')
    .optional(),
  flag: z.boolean().optional(),
  at: z.string().meta({ format: 'date-time' }).optional(),
  messages: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant']), content: z.union([z.string(), z.array(part).min(1)]) }))
    .min(1)
    .max(3)
    .optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  said: z
    .unknown()
    .pipe(z.strictObject({ text: z.string() }))
    .optional(),
});

function problem(args: unknown): string {
  try {
    parseArguments(schema, args);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('invalid_input');
    return (error as AppError).message;
  }
  throw new Error('These arguments were accepted.');
}

describe('arguments that are right', () => {
  it('come back with their defaults', () => {
    expect(parseArguments(schema, { query: 'a' })).toEqual({ query: 'a', limit: 10 });
  });

  it('may hold any valid Unicode', () => {
    const query = 'é 漢字 😀 \u200d';
    expect(parseArguments(schema, { query }).query).toBe(query);
  });
});

describe('arguments that are wrong', () => {
  it.each<[string, unknown, string]>([
    ['missing', {}, 'query is required: text of 1 to 50 characters.'],
    ['not an object', [], 'The arguments must be an object, not an array of 0.'],
    ['of another type', { query: 5 }, 'query must be text of 1 to 50 characters, not 5.'],
    ['too long', { query: 'x'.repeat(51) }, 'query must be text of 1 to 50 characters, not a text of 51 characters.'],
    ['below the range', { query: 'a', limit: -5 }, 'limit must be a whole number from 1 to 100, not -5.'],
    ['above the range', { query: 'a', limit: 1e9 }, 'limit must be a whole number from 1 to 100, not 1000000000.'],
    ['a fraction', { query: 'a', limit: 1.5 }, 'limit must be a whole number from 1 to 100, not 1.5.'],
    ['a number as text', { query: 'a', limit: '10' }, 'limit must be a whole number from 1 to 100, not "10".'],
    ['outside an enum', { query: 'a', mode: 'robot' }, 'mode must be one of "text", "semantic", not "robot".'],
    ['not a boolean', { query: 'a', flag: 'yes' }, 'flag must be true or false, not "yes".'],
    ['null', { query: null }, 'query must be text of 1 to 50 characters, not null.'],
    ['refused by a rule of its own', { query: 'a', when: 'soon' }, 'when: is not a date-time.'],
    ['an empty array', { query: 'a', messages: [] }, 'messages must be an array of 1 to 3 items, not an array of 0.'],
    ['no object', { query: 'a', metadata: 'x' }, 'metadata must be an object, not "x".'],
    [
      'deep inside',
      { query: 'a', messages: [{ role: 'robot', content: 'x' }] },
      'messages[0].role must be one of "user", "assistant", not "robot".',
    ],
    [
      'in one branch of a union',
      { query: 'a', messages: [{ role: 'user', content: [{}] }] },
      'messages[0].content[0].type is required: text.',
    ],
    [
      'in no branch of a union',
      { query: 'a', messages: [{ role: 'user', content: 7 }] },
      'messages[0].content must be text or an array, not 7.',
    ],
    [
      'empty in a union',
      { query: 'a', messages: [{ role: 'user', content: [] }] },
      'messages[0].content must be an array of at least 1 item, not an array of 0.',
    ],
    ['a number for a moment', { query: 'a', at: 1700000000 }, 'at must be a date-time such as 2026-03-01T09:30:00Z, not 1700000000.'],
    ['no moment', { query: 'a', at: null }, 'at must be a date-time such as 2026-03-01T09:30:00Z, not null.'],
    ['missing in a union', { query: 'a', messages: [{ role: 'user' }] }, 'messages[0].content is required: text or an array.'],
    ['unknown, nearly known', { query: 'a', conversationId: 'x' }, 'Unknown argument "conversationId"; did you mean "conversation_id"?'],
    [
      'unknown inside',
      { query: 'a', messages: [{ role: 'user', content: 'x', contents: 'x' }] },
      'Unknown argument "contents" in messages[0]; did you mean "content"?',
    ],
    ['unknown where the schema is silent', { query: 'a', said: { text: 'x', by: 'y' } }, 'Unknown argument "by" in said.'],
  ])('%s', (_, args, message) => {
    expect(problem(args)).toBe(message);
  });

  it('name what is allowed when an unknown key is near nothing', () => {
    expect(problem({ query: 'a', zzzzzzzz: 1 })).toContain('allowed: query, limit, conversation_id, mode');
  });

  it('are all told at once, up to a limit', () => {
    expect(problem({ limit: 0, mode: 'x' })).toMatch(/query.*limit.*mode/);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`unknown_key_${index}`, 1]));
    expect(problem({ query: 'a', ...many })).toContain('And 12 more problems.');
  });
});

describe('text that cannot be stored', () => {
  it.each([
    ['NUL', { query: 'a\0b' }, 'query contains the character U+0000 at position 1.'],
    ['half a surrogate pair', { query: 'ab\ud800' }, 'query contains half of a surrogate pair (not valid Unicode) at position 2.'],
    ['inside free-form data', { query: 'a', metadata: { deep: [{ x: '\udc00' }] } }, 'metadata.deep[0].x contains half'],
    ['in a key', { query: 'a', metadata: { 'k\0': 1 } }, 'metadata: a key contains the character U+0000'],
  ])('%s is refused', (_, args, message) => {
    expect(problem(args)).toContain(message);
  });

  it('in a key that parsers drop', () => {
    expect(problem(JSON.parse('{"query":"a","metadata":{"x":{"__proto__":1}}}'))).toBe('metadata.x: a key cannot be named __proto__.');
  });

  it('and nesting without end is refused before anything walks it', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    expect(problem({ query: 'a', metadata: { deep } })).toContain('nested more than 100 levels deep');
  });
});
