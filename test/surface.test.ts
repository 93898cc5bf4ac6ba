import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeInstructions } from '../src/mcp/instructions.js';
import { type JsonSchema, toInputSchema, toOutputSchema } from '../src/mcp/json-schema.js';
import { prompts } from '../src/mcp/prompts/index.js';
import { resources } from '../src/mcp/resources/index.js';
import { describeTool } from '../src/mcp/serve-tools.js';
import { tools } from '../src/mcp/tools/index.js';
import { TOOLSETS } from '../src/toolsets.js';

/** What a client can afford for the twelve tools of the default profile; a smaller one gets its share. */
const CORE_TOOLS = 12;
const INPUT_BUDGET = 20_000;
const TOTAL_BUDGET = 36_000;

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && path.basename(file) !== 'index.ts')
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort();

const children = (schema: JsonSchema): [string, JsonSchema][] => [
  ...Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>),
  ...[schema.items, schema.additionalProperties]
    .filter((node) => typeof node === 'object')
    .map((node): [string, JsonSchema] => ['', node as JsonSchema]),
  ...['anyOf', 'oneOf', 'allOf'].flatMap((key) => ((schema[key] ?? []) as JsonSchema[]).map((node): [string, JsonSchema] => ['', node])),
];

/** Every argument, nested ones too, by its path. */
const argumentsOf = (schema: JsonSchema, place = ''): [string, JsonSchema][] =>
  children(schema).flatMap(([name, node]) => {
    const here = name ? `${place}.${name}` : place;
    return [...(name ? [[here, node] as [string, JsonSchema]] : []), ...argumentsOf(node, here)];
  });

describe.each(tools.map((tool) => [tool.name, tool] as const))('%s', (name, tool) => {
  const input = toInputSchema(tool.input);
  const output = toOutputSchema(tool.output);

  it('keeps its published shape', async () => {
    const { toolset, scope } = tool;
    await expect(`${JSON.stringify({ toolset, scope, ...describeTool(tool) }, null, 2)}\n`).toMatchFileSnapshot(
      `__snapshots__/tools/${name}.json`,
    );
  });

  it('says what every argument means', () => {
    const silent = argumentsOf(input).filter(([, node]) => !node.description);
    expect(silent.map(([place]) => place)).toEqual([]);
  });

  it('takes and answers an object, strictly', () => {
    for (const schema of [input, output]) {
      expect(schema.type).toBe('object');
      for (const union of ['anyOf', 'oneOf', 'allOf']) expect(schema).not.toHaveProperty(union);
    }
    expect(input.additionalProperties).toBe(false);
  });

  it('has a shape in JSON for all that it answers', () => {
    // A default or a transformation in an answer would make what is sent differ from what is published.
    expect(argumentsOf(output).filter(([, node]) => 'default' in node)).toEqual([]);
  });

  it('gives all hints, and they agree with its scope', () => {
    const { annotations, scope } = tool;
    expect(Object.keys(annotations).sort()).toEqual(['destructiveHint', 'idempotentHint', 'openWorldHint', 'readOnlyHint']);
    expect(annotations.readOnlyHint && annotations.destructiveHint).toBe(false);
    if (scope !== 'admin') expect(scope.endsWith(':read')).toBe(annotations.readOnlyHint);
  });

  it('has names in snake_case and a title', () => {
    const names = [
      name,
      ...argumentsOf(input).map(([place]) => place.split('.').at(-1)!),
      ...argumentsOf(output).map(([place]) => place.split('.').at(-1)!),
    ];
    // The names of the reference memory server are kept as they are.
    if (tool.toolset !== 'knowledge_graph') expect(names.filter((each) => !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(each))).toEqual([]);
    expect(tool.title).toMatch(/\S/);
    expect(tool.description).toMatch(/\.$/);
  });
});

describe('all tools together', () => {
  it('are one file each, named after it, in the folder of its toolset', () => {
    const expected = tools.map(({ name, toolset }) => `${toolset.replaceAll('_', '-')}/${name.replaceAll('_', '-')}.ts`);
    expect(filesIn('src/mcp/tools')).toEqual(expected.sort());
  });

  it('have names of their own, grouped by toolset in the order of toolsets', () => {
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
    const groups = tools.map(({ toolset }) => TOOLSETS.indexOf(toolset));
    expect(groups).toEqual(groups.toSorted((a, b) => a - b));
  });

  it('fit what a client can afford in the default profile', () => {
    const core = tools.filter(({ toolset }) => toolset === 'core').map(describeTool);
    expect(core.length).toBeGreaterThan(0);
    expect(core.length).toBeLessThanOrEqual(CORE_TOOLS);
    const inputs = JSON.stringify(core.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))).length;
    const total = inputs + JSON.stringify(core.map(({ outputSchema }) => outputSchema)).length;
    expect(inputs).toBeLessThan((INPUT_BUDGET * core.length) / CORE_TOOLS);
    expect(total).toBeLessThan((TOTAL_BUDGET * core.length) / CORE_TOOLS);
  });
});

describe('resources and prompts', () => {
  /** Files beside the entries that several of them use. */
  const SHARED = { resources: ['history-text.ts', 'parameters.ts'], prompts: ['memory-lines.ts', 'transcript.ts'] };

  it('are one file each, named after it', () => {
    expect(filesIn('src/mcp/resources')).toEqual([...resources.map(({ name }) => `${name}.ts`), ...SHARED.resources].sort());
    expect(filesIn('src/mcp/prompts')).toEqual([...prompts.map(({ name }) => `${name.replaceAll('_', '-')}.ts`), ...SHARED.prompts].sort());
  });

  it('only read, and say what they are', () => {
    for (const { scope, title, description } of [...resources, ...prompts]) {
      expect(scope).toMatch(/:read$/);
      expect(title && description).toBeTruthy();
    }
  });

  it('complete every argument that names something stored', () => {
    for (const { name, arguments: args } of prompts)
      for (const argument of args) expect(argument.complete, `${name}.${argument.name}`).toBeDefined();
    for (const { uriTemplate, complete } of resources)
      if (/\{(id|external_id)\}/.test(uriTemplate) && !uriTemplate.includes('assets')) expect(complete, uriTemplate).toBeDefined();
  });

  it('keep their published shape', async () => {
    const shapes = {
      resources: resources.map(({ name, title, description, uriTemplate, mimeType, scope }) => ({
        name,
        title,
        description,
        uriTemplate,
        mimeType,
        scope,
      })),
      prompts: prompts.map(({ name, title, description, scope, arguments: args }) => ({
        name,
        title,
        description,
        scope,
        arguments: args.map(({ name, description, required }) => ({ name, description, required })),
      })),
    };
    await expect(`${JSON.stringify(shapes, null, 2)}\n`).toMatchFileSnapshot('__snapshots__/resources-and-prompts.json');
  });
});

it('instructions stay short and speak only of tools that are there', () => {
  expect(writeInstructions(tools).length).toBeLessThan(1_500);
  const known = new Set(tools.map(({ name }) => name));
  for (const [name] of writeInstructions(tools).matchAll(/\b[a-z]+_[a-z]+\b/g))
    if (/^(?:save|load|list|update|search|delete|get|recall|remember)_/.test(name)) expect(known).toContain(name);
  expect(writeInstructions([])).not.toContain('save_turn');
  expect(writeInstructions(tools)).toMatch(/graph_query[\s\S]*search_nodes/);
  expect(writeInstructions(tools.filter(({ toolset }) => toolset === 'knowledge_graph'))).not.toContain('graph_query');
});
