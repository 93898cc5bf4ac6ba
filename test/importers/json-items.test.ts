import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonItems } from '../../src/services/importers/json-items.js';
import { property } from './property.js';
import { inChunks } from './read-fixture.js';

async function read(bytes: Buffer | string, size?: number, largest?: number) {
  const values: unknown[] = [];
  const problems: [string, string][] = [];
  for await (const item of readJsonItems(inChunks(bytes, size), 'items', largest)) {
    if (item.kind === 'value') values.push(item.value);
    else problems.push([item.where, item.why]);
  }
  return { values, problems };
}

const json = fc.jsonValue({ maxDepth: 4 });

describe('items of JSON', () => {
  property(
    'are the elements of a list, however it is written and cut',
    [fc.array(json, { maxLength: 8 }), fc.nat({ max: 4 }), fc.integer({ min: 1, max: 50 })],
    async (values, indent, size) => {
      expect(await read(JSON.stringify(values, null, indent), size)).toEqual({ values: JSON.parse(JSON.stringify(values)), problems: [] });
    },
  );

  property(
    'are the lines of a file',
    [fc.array(fc.dictionary(fc.string(), json), { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), fc.constantFrom('\n', '\r\n', '\n\n')],
    async (values, size, end) => {
      const text = values.map((value) => JSON.stringify(value) + end).join('');
      expect(await read(text, size)).toEqual({ values: JSON.parse(JSON.stringify(values)), problems: [] });
    },
  );

  it('are one value over several lines, and values after each other', async () => {
    const value = { results: [{ a: 1 }, { b: '{' }], n: null };
    expect(await read(`\uFEFF${JSON.stringify(value, null, 2)}`)).toEqual({ values: [value], problems: [] });
    // As Python writes it with indent=0.
    expect(await read('{\n"results": [\n{\n"a": 1\n},\n{\n"b": "{"\n}\n],\n"n":\n{}\n}')).toMatchObject({ values: [{ ...value, n: {} }] });
    expect(await read('{"a":1}{"b":2} [3,4]\n[5]')).toEqual({ values: [{ a: 1 }, { b: 2 }, 3, 4, 5], problems: [] });
  });

  it('that cannot be read are told with their place, and the others are read', async () => {
    expect(await read('[{"a":1},{"a":},{"b":2},]')).toEqual({
      values: [{ a: 1 }, { b: 2 }],
      problems: [['items[1]', expect.stringContaining('not JSON')]],
    });
    const lines = ['{"a":1}', '{"half":"of a te', '{"b":2}', '{"more": {"than": 1', '{"c":3}', 'nonsense', '{"d":4}'];
    const { values, problems } = await read(lines.join('\n'));
    expect(values).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }, { d: 4 }]);
    expect(problems.map(([where]) => where)).toEqual(['line 2', 'line 4', 'line 6']);
    const bad = Buffer.concat([Buffer.from('[{"a":"'), Buffer.of(0xc3, 0x28), Buffer.from('"},{"b":"ü"}]')]);
    expect(await read(bad)).toEqual({ values: [{ b: 'ü' }], problems: [['items[0]', 'It is not valid UTF-8.']] });
  });

  it('of a file that breaks off are those before', async () => {
    const broken = [['items[1]', expect.stringContaining('breaks off')]];
    expect(await read('[{"a":1},{"b":[1,2')).toEqual({ values: [{ a: 1 }], problems: broken });
    expect(await read('[{"a":1},')).toEqual({ values: [{ a: 1 }], problems: broken });
    expect(await read('[{"a":1},"b')).toEqual({ values: [{ a: 1 }], problems: broken });
    expect(await read('[{"a":1}')).toEqual({ values: [{ a: 1 }], problems: broken });
    expect((await read('{"a":1}\n{"b":')).problems).toEqual([['line 2', expect.stringContaining('breaks off')]]);
    expect(await read('')).toEqual({ values: [], problems: [] });
  });

  it('too large or too deep are passed over', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(await read(`[1,${deep},{"x":${deep}},2]`, 5000)).toEqual({
      values: [1, 2],
      problems: [
        ['items[1]', expect.stringContaining('deep')],
        ['items[2]', expect.stringContaining('deep')],
      ],
    });
    expect(await read(`[1,"${'x'.repeat(5000)}",2]`, 100, 1000)).toEqual({
      values: [1, 2],
      problems: [['items[1]', expect.stringContaining('5002 bytes')]],
    });
  });

  it('hold nothing that no database stores, and reach for no prototype', async () => {
    const { values } = await read('[{"a\\u0000":"x\\u0000y\\ud800","ok":"\\ud83d\\ude00"},{"__proto__":{"polluted":true}}]');
    expect(values[0]).toEqual({ 'a\uFFFD': 'x\uFFFDy\uFFFD', ok: '😀' });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(values[1] as object)).toEqual(['__proto__']);
  });
});
