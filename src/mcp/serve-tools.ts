import type { CallToolResult, Server, Tool as ToolEntry } from '@modelcontextprotocol/server';
import { closest } from '../closest.js';
import type { Tool } from './define.js';
import { invalidParams, publicError, toToolError } from './errors.js';
import { toInputSchema, toOutputSchema } from './json-schema.js';
import { parseArguments } from './parse-arguments.js';
import { perSession } from './per-session.js';
import { clip } from './results.js';
import { selectTools } from './select-tools.js';
import { openContext, type Session } from './session.js';
import { tools } from './tools/index.js';

const availableTo = perSession((session) => new Map(selectTools(tools, session).map((tool) => [tool.name, tool])));

/** Whether a call of this tool only reads and does not wait: it is over soon, and can be made again. */
export function isQuickRead(session: Session, name: string): boolean {
  const tool = availableTo(session).get(name);
  return tool?.annotations.readOnlyHint === true && tool.waits !== true;
}

/** Whether a call of this tool may wait for news: longer than somebody may keep access. */
export const mayWait = (session: Session, name: string): boolean => availableTo(session).get(name)?.waits === true;

export function serveTools(server: Server, session: Session): void {
  const available = availableTo(session);

  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined) throw invalidParams('Unknown cursor: all tools come on one page.');
    return { tools: [...available.values()].map(describeTool) };
  });

  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const { mcpReq } = context;
    const tool = available.get(params.name);
    if (!tool) throw unknownTool(params.name, available.keys());
    const start = performance.now();
    const done = (code: string | null) => session.metrics?.toolCalled(tool.name, (performance.now() - start) / 1000, code);
    try {
      const result = await call(tool, params.arguments ?? {}, session, mcpReq.signal);
      done(null);
      return result;
    } catch (error) {
      const known = publicError(error, session.log, context, { tool: tool.name });
      done(known.code);
      // The call is over by the answer, not by this: a client that takes no log entries misses nothing.
      if (known.code === 'internal') mcpReq.log('error', { tool: tool.name, message: known.message }).catch(() => {});
      return toToolError(known);
    }
  });
}

async function call(tool: Tool, args: Record<string, unknown>, session: Session, signal: AbortSignal): Promise<CallToolResult> {
  const input = parseArguments(tool.input, args);
  const output = await tool.run(input, await openContext(session, signal));
  if (!tool.annotations.readOnlyHint) {
    session.changes.wrote(session.principal.tenantId);
    session.embeddings.wrote(session.principal.tenantId);
    session.corpus.wrote(session.principal.tenantId);
  }
  return { structuredContent: output, content: [{ type: 'text', text: clip(tool.text(output)) }] };
}

export function describeTool({ name, title, description, annotations, input, output }: Tool): ToolEntry {
  return {
    name,
    title,
    description,
    inputSchema: toInputSchema(input) as ToolEntry['inputSchema'],
    outputSchema: toOutputSchema(output) as NonNullable<ToolEntry['outputSchema']>,
    annotations,
  };
}

function unknownTool(name: string, available: Iterable<string>) {
  const meant = closest(name, available);
  return invalidParams(`Unknown tool ${name.slice(0, 100)}.${meant ? ` Did you mean ${meant}?` : ''}`);
}
