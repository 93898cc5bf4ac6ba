import { type CompleteRequest, ProtocolError, type Server } from '@modelcontextprotocol/server';
import type { Complete } from './define.js';
import { invalidParams, publicError, toProtocolError } from './errors.js';
import { selectResources } from './find-resource.js';
import { selectPrompts } from './serve-prompts.js';
import { openContext, type Session } from './session.js';

/** The protocol's limit for one answer. */
const MAX_COMPLETIONS = 100;

export function serveCompletions(server: Server, session: Session): void {
  server.setRequestHandler('completion/complete', async ({ params: { ref, argument } }, context) => {
    const complete = findCompleter(session, ref, argument.name);
    try {
      const found = complete ? await complete(argument.value, await openContext(session, context.mcpReq)) : [];
      const hasMore = found.length > MAX_COMPLETIONS;
      return { completion: { values: found.slice(0, MAX_COMPLETIONS), ...(!hasMore && { total: found.length }), hasMore } };
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw toProtocolError(publicError(error, session.log, context, { completion: argument.name }));
    }
  });
}

function findCompleter(session: Session, ref: CompleteRequest['params']['ref'], name: string): Complete | undefined {
  if (ref.type === 'ref/prompt') {
    const prompt = selectPrompts(session).find((known) => known.name === ref.name);
    if (!prompt) throw invalidParams(`Unknown prompt ${ref.name.slice(0, 100)}.`);
    return prompt.arguments.find((known) => known.name === name)?.complete;
  }
  const resource = selectResources(session).find(({ uriTemplate }) => uriTemplate === ref.uri);
  if (!resource) throw invalidParams(`Unknown resource template ${ref.uri.slice(0, 200)}.`);
  return resource.complete?.[name];
}
