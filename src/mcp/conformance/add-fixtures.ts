import type { Tool } from '@modelcontextprotocol/server';
import type { ProtocolServer } from '../protocol-server.js';
import { ASKING_TOOLS } from './asking-tools.js';
import { CONTENT_TOOLS } from './content-tools.js';
import type { FixtureTool } from './fixture-tool.js';
import { INPUT_REQUIRED_TOOLS } from './input-required-tools.js';
import { completeFixture, describeFixture, FIXTURE_PROMPTS } from './prompts.js';
import { FIXTURE_RESOURCES, FIXTURE_TEMPLATE, readFixture } from './resources.js';

const TOOLS = new Map([...CONTENT_TOOLS, ...ASKING_TOOLS, ...INPUT_REQUIRED_TOOLS].map((tool) => [tool.name, tool]));
const PROMPTS = new Map(FIXTURE_PROMPTS.map((prompt) => [prompt.name, prompt]));

/**
 * Puts what the official conformance suite calls beside the server's own tools, resources and prompts. Whatever else it asks
 * is answered as always.
 */
export function addFixtures(server: ProtocolServer): void {
  server.intercept('tools/list', async (_request, _context, next) => {
    const { tools, ...rest } = await next();
    return { ...rest, tools: [...tools, ...[...TOOLS.values()].map(describe)] };
  });
  server.intercept('tools/call', async ({ params }, context, next) => {
    const tool = TOOLS.get(params.name);
    return tool ? tool.run(params.arguments ?? {}, context) : next();
  });

  server.intercept('resources/list', async (_request, _context, next) => {
    const { resources, ...rest } = await next();
    return { ...rest, resources: [...resources, ...FIXTURE_RESOURCES] };
  });
  server.intercept('resources/templates/list', async (_request, _context, next) => {
    const { resourceTemplates, ...rest } = await next();
    return { ...rest, resourceTemplates: [...resourceTemplates, FIXTURE_TEMPLATE] };
  });
  server.intercept('resources/read', async ({ params }, _context, next) => readFixture(params.uri) ?? next());
  for (const method of ['resources/subscribe', 'resources/unsubscribe'] as const)
    server.intercept(method, async ({ params }, _context, next) => (readFixture(params.uri) ? {} : next()));

  server.intercept('prompts/list', async (_request, _context, next) => {
    const { prompts, ...rest } = await next();
    return { ...rest, prompts: [...prompts, ...FIXTURE_PROMPTS.map(describeFixture)] };
  });
  server.intercept('prompts/get', async ({ params }, context, next) => {
    const prompt = PROMPTS.get(params.name);
    return prompt ? prompt.render(params.arguments ?? {}, context) : next();
  });
  server.intercept('completion/complete', async ({ params: { ref, argument } }, _context, next) => {
    const values = ref.type === 'ref/prompt' && PROMPTS.has(ref.name) ? completeFixture(argument.value) : undefined;
    return values ? { completion: { values, total: values.length, hasMore: false } } : next();
  });
}

const describe = ({ name, inputSchema }: FixtureTool): Tool => ({
  name,
  description: 'For the conformance suite.',
  inputSchema: inputSchema ?? { type: 'object', properties: {} },
});
