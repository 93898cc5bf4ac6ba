import { ProtocolError, type Server } from '@modelcontextprotocol/server';
import { mayUse } from '../principal.js';
import { assertCleanText } from './clean-text.js';
import type { PromptDefinition } from './define.js';
import { invalidParams, publicError, toProtocolError } from './errors.js';
import { perSession } from './per-session.js';
import { prompts } from './prompts/index.js';
import { openContext, type Session } from './session.js';

export const selectPrompts = perSession(({ principal }): PromptDefinition[] => prompts.filter(({ scope }) => mayUse(principal, scope)));

export function servePrompts(server: Server, session: Session): void {
  const available = new Map(selectPrompts(session).map((prompt) => [prompt.name, prompt]));

  server.setRequestHandler('prompts/list', ({ params }) => {
    if (params?.cursor !== undefined) throw invalidParams('Unknown cursor: all prompts come on one page.');
    return { prompts: [...available.values()].map(describePrompt) };
  });

  server.setRequestHandler('prompts/get', async ({ params }, context) => {
    const prompt = available.get(params.name);
    if (!prompt) throw invalidParams(`Unknown prompt ${params.name.slice(0, 100)}. There are: ${[...available.keys()].join(', ')}.`);
    try {
      const args = params.arguments ?? {};
      assertArguments(prompt, args);
      const text = await prompt.render(args, await openContext(session, context.mcpReq));
      return { description: prompt.description, messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] };
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw toProtocolError(publicError(error, session.log, context, { prompt: prompt.name }));
    }
  });
}

const describePrompt = ({ name, title, description, arguments: args }: PromptDefinition) => ({
  name,
  title,
  description,
  arguments: args.map(({ name, description, required }) => ({ name, description, required })),
});

function assertArguments(prompt: PromptDefinition, args: Record<string, string>): void {
  assertCleanText(args);
  for (const { name, required } of prompt.arguments)
    if (required && !args[name]) throw invalidParams(`Argument ${name} of prompt ${prompt.name} is required.`);
  for (const name of Object.keys(args))
    if (!prompt.arguments.some((known) => known.name === name)) throw invalidParams(`Prompt ${prompt.name} has no argument ${name}.`);
}
