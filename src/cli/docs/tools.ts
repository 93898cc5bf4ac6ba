import { TOOLSETS, type Tool } from '../../mcp/define.js';
import { type JsonSchema, toInputSchema } from '../../mcp/json-schema.js';
import { tools } from '../../mcp/tools/index.js';
import { GENERATED, table } from './markdown.js';

const bySet = TOOLSETS.map((toolset) => ({ toolset, members: tools.filter((tool) => tool.toolset === toolset) })).filter(
  ({ members }) => members.length > 0,
);
const kind = ({ annotations }: Tool): string =>
  annotations.readOnlyHint ? 'reads' : annotations.destructiveHint ? 'destructive' : 'writes';

export const toolTable = (): string =>
  table(
    ['toolset', 'tool', '', 'what it does'],
    bySet.flatMap(({ toolset, members }) =>
      members.map((tool) => [toolset, `[\`${tool.name}\`](docs/tools.md#${tool.name})`, kind(tool), firstSentence(tool.description)]),
    ),
  );

export function toolPage(): string {
  const sections = bySet.flatMap(({ toolset, members }) => [`## ${toolset}`, ...members.map(describe)]);
  const intro =
    'Every tool answers with structured content and a short text beside it. ★ marks arguments that are required. `core` is served by default; see `RECOLLECT_TOOLSETS`.';
  return `${['# Tools', GENERATED, intro, ...sections].join('\n\n')}\n`;
}

const firstSentence = (text: string): string => /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;

function describe(tool: Tool): string {
  const input = toInputSchema(tool.input);
  const output = toInputSchema(tool.output);
  const args = fields(input, '');
  return [
    `### ${tool.name}`,
    `**${tool.title}** · ${kind(tool)} · scope \`${tool.scope}\``,
    tool.description,
    args.length > 0 ? table(['argument', 'type', 'meaning'], args) : 'No arguments.',
    `Answers: ${Object.keys((output.properties ?? {}) as JsonSchema)
      .map((name) => `\`${name}\``)
      .join(', ')}.`,
  ].join('\n\n');
}

/** One row per argument; those of nested objects follow it, indented by their path. */
function fields(schema: JsonSchema, prefix: string): string[][] {
  const required = (schema.required ?? []) as string[];
  return Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const nested = property.type === 'array' ? (property.items as JsonSchema | undefined) : property;
    const inner = nested?.properties ? fields(nested, `${path}${property.type === 'array' ? '[]' : ''}.`) : [];
    return [[`\`${path}\`${required.includes(name) ? ' ★' : ''}`, typeOf(property), String(property.description ?? '')], ...inner];
  });
}

function typeOf(schema: JsonSchema): string {
  const { type, items, anyOf, minimum, maximum, format } = schema;
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${value}\``).join(' ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (Array.isArray(anyOf)) return anyOf.map((branch) => typeOf(branch as JsonSchema)).join(' or ');
  if (type === 'array') return `list of ${items ? typeOf(items as JsonSchema) : 'values'}`;
  const range = minimum !== undefined && maximum !== undefined ? ` ${minimum}–${maximum}` : '';
  return `${format ?? type ?? 'any'}${range}`;
}
